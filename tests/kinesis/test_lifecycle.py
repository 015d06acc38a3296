from pathlib import Path
from typing import get_args

import pytest

from kinesis_samples import ACCOUNT, NOW_MS, make_stream
from shardline.gateway.errors import ServiceError
from shardline.kinesis import lifecycle, lineage, resharding
from shardline.kinesis.lifecycle import STATUSES, TABLE, Event, after, complete
from shardline.kinesis.lifecycle_page import page
from shardline.storage.entities import Pending, StreamStatus

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"


def test_the_documents_page_is_made_from_the_table() -> None:
    assert PAGE.read_text() == page(), "run scripts/lifecycle-diagram"


def test_every_event_has_a_row_and_every_status_a_way_out() -> None:
    assert set(TABLE) == set(get_args(Event))
    for status in STATUSES:
        ways = {row[status] for row in TABLE.values() if status in row}
        assert any(way != status and not isinstance(way, lifecycle.Refusal) for way in ways)


CALLS = [event for event in TABLE if event not in lifecycle.COMPLETIONS.values()]


@pytest.mark.parametrize("event", CALLS)
@pytest.mark.parametrize("status", STATUSES)
def test_every_call_has_an_answer_in_every_status(event: Event, status: StreamStatus) -> None:
    stream = make_stream(status=status)
    try:
        assert after(stream, event) in STATUSES
    except ServiceError as error:
        assert error.code in ("ResourceInUseException", "ResourceNotFoundException")  # noqa: PT017


def refusal(status: StreamStatus, event: Event) -> tuple[str, str | None]:
    with pytest.raises(ServiceError) as caught:
        after(make_stream(status=status), event)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize("status", ["CREATING", "UPDATING", "DELETING"])
def test_a_reshard_needs_an_active_stream(status: StreamStatus) -> None:
    # kinesalite, test/splitShard.js and test/mergeShards.js
    assert refusal(status, "reshard") == (
        "ResourceInUseException",
        f"Stream flights under account {ACCOUNT} not ACTIVE, instead in state {status}",
    )


def test_a_stream_that_is_being_created_takes_no_records_but_can_be_deleted() -> None:
    # kinesalite, test/createStream.js and test/deleteStream.js
    assert refusal("CREATING", "write") == (
        "ResourceNotFoundException",
        f"Stream flights under account {ACCOUNT} not found.",
    )
    assert after(make_stream(status="CREATING"), "delete") == "DELETING"
    assert [s for s in STATUSES if lifecycle.takes_records(s)] == ["ACTIVE", "UPDATING"]


def test_a_name_that_is_taken() -> None:
    assert refusal("ACTIVE", "create") == (
        "ResourceInUseException",
        f"Stream flights under account {ACCOUNT} already exists.",
    )


def test_a_completion_of_nothing_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="updated cannot happen"):
        after(make_stream(), "updated")


def test_a_new_stream_gets_its_shards_when_it_becomes_active() -> None:
    shards = lineage.initial_shards(2, NOW_MS // 1000)
    pending = Pending("created", NOW_MS, children=shards)
    stream = make_stream(shards=(), status="CREATING", pending=pending)
    made = complete(stream, ends={}, now_ms=NOW_MS + 500)
    assert made == make_stream(2)


def test_a_reshard_is_carried_out_when_it_is_complete() -> None:
    # Given a merge that was accepted
    stream = make_stream(2)
    plan = resharding.merge(stream, 0, 1)
    stream = make_stream(2, status="UPDATING", pending=Pending("updated", NOW_MS, *plan))
    # When the log has sealed the parents
    made = complete(stream, ends={0: 5, 1: 6}, now_ms=NOW_MS + 500)
    # Then they are closed, and the child is open
    assert made is not None
    assert (made.status, made.pending) == ("ACTIVE", None)
    assert [(s.number, s.end) for s in made.shards] == [(0, 5), (1, 6), (2, None)]


def test_a_deleted_stream_is_gone_and_an_idle_one_stays() -> None:
    pending = Pending("deleted", NOW_MS)
    stream = make_stream(status="DELETING", pending=pending)
    assert complete(stream, ends={}, now_ms=NOW_MS) is None
    assert complete(make_stream(), ends={}, now_ms=NOW_MS) == make_stream()
