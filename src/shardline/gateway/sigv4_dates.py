"""The date of a signature: ISO 8601's basic form, or RFC 1123 in a Date header."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

_BASIC = re.compile(rb"[0-9]{8}T[0-9]{6}Z")
_BASIC_LENGTH = 16
_LONGEST_RFC_DATE = 64


class Stamp(NamedTuple):
    """When a request was signed. `text` is `YYYYMMDDTHHMMSSZ`, `day` its first eight characters."""

    text: bytes
    day: bytes
    seconds: int  # since 1970


def basic_stamp(date: bytes) -> Stamp | None:
    """Read `YYYYMMDDTHHMMSSZ`; None when it is something else."""
    return _read_basic(date) if len(date) == _BASIC_LENGTH else None


@lru_cache(maxsize=256)  # all requests of a second share a date
def _read_basic(date: bytes) -> Stamp | None:
    if not _BASIC.fullmatch(date):
        return None
    try:
        moment = datetime.strptime(date.decode(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Stamp(date, date[:8], int(moment.timestamp()))


def stamp_of_date_header(date: bytes) -> Stamp | None:
    """Read a Date header: RFC 1123, which signers turn into ISO's basic form, or that form."""
    stamp = basic_stamp(date)
    if stamp is not None or len(date) > _LONGEST_RFC_DATE:
        return stamp
    try:
        moment = parsedate_to_datetime(date.decode("latin-1"))
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return basic_stamp(format_basic(moment))


def format_basic(moment: datetime) -> bytes:
    """`YYYYMMDDTHHMMSSZ` of a moment in UTC."""
    iso = moment.replace(tzinfo=None, microsecond=0).isoformat()
    return iso.replace("-", "").replace(":", "").encode() + b"Z"
