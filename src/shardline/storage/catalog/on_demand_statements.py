"""What the catalog reads and writes for on-demand streams, each within a caller's transaction."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select

from shardline.storage.catalog.schema import commitments, load_peaks, streams
from shardline.storage.catalog.upsert import put_row
from shardline.storage.entities import Commitment, DayPeak


def find_peaks(db: Connection) -> list[DayPeak]:
    """The peaks of every stream, sorted by stream and day."""
    rows = db.execute(select(load_peaks).order_by(load_peaks.c.stream_id, load_peaks.c.day))
    return [DayPeak(*row) for row in rows]


def replace_peaks(db: Connection, peaks: Mapping[str, Sequence[DayPeak]]) -> None:
    """Store all peaks of some streams in place of the old ones; pass over removed streams."""
    if not peaks:
        return
    # Locked, in one order, so that none is removed meanwhile, nor has its peaks replaced by others.
    found = select(streams.c.id).where(streams.c.id.in_(list(peaks))).order_by(streams.c.id)
    known = list(db.scalars(found.with_for_update(key_share=True)))
    rows = [
        {
            "stream_id": peak.stream_id,
            "day": peak.day,
            "bytes_per_s": peak.bytes,
            "records_per_s": peak.records,
        }
        for stream_id in known
        for peak in peaks[stream_id]
    ]
    if known:
        old = delete(load_peaks).where(load_peaks.c.stream_id == bindparam("of_stream"))
        db.execute(old, [{"of_stream": stream_id} for stream_id in known])
    if rows:
        db.execute(insert(load_peaks), rows)


def find_commitments(db: Connection) -> list[Commitment]:
    """Every commitment, sorted by account and region."""
    rows = db.execute(select(commitments).order_by(commitments.c.account, commitments.c.region))
    return [Commitment(*row) for row in rows]


def keep_commitment(db: Connection, commitment: Commitment) -> None:
    """Store a commitment in place of the one of that account and region."""
    row = {
        "account": commitment.account,
        "region": commitment.region,
        "started_ms": commitment.started_ms,
        "ended_ms": commitment.ended_ms,
    }
    put_row(db, commitments, row)
