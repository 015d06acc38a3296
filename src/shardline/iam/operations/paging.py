"""Pages of a listing: Marker and MaxItems in, IsTruncated and Marker out.

A marker names the last item that was told by what the listing is sorted by, so that a page goes on
at the right place even if what it names is gone by then. Clients must not look into it.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from shardline.iam.operations.errors import validation

DEFAULT_ITEMS = 100

Key = tuple[str, ...]
Item = TypeVar("Item")


def page(
    call: Mapping[str, Any], items: Sequence[Item], key_of: Callable[[Item], Key]
) -> tuple[Sequence[Item], dict[str, Any]]:
    """The items that a call asks for, and what tells how it goes on.

    `items` are sorted by `key_of`, which differs for each. Raises ValidationError for a marker that
    none of ours.
    """
    after = _read(call["Marker"]) if call.get("Marker") else None
    left = items if after is None else [each for each in items if key_of(each) > after]
    most = call.get("MaxItems") or DEFAULT_ITEMS
    told = left[:most]
    if len(left) == len(told):
        return told, {"IsTruncated": False}
    return told, {"IsTruncated": True, "Marker": _write(key_of(told[-1]))}


def _write(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _read(marker: str) -> Key:
    try:
        key = json.loads(base64.b64decode(marker, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        key = None
    if not isinstance(key, list) or not all(isinstance(part, str) for part in key):
        raise validation(f"Invalid Marker: {marker}")
    return tuple(key)
