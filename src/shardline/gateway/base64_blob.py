"""Base64 as AWS reads it: standard alphabet, padded, canonical; each fault has its own text."""

import re
from binascii import a2b_base64

from shardline.gateway.errors import SerializationError

_not_base64 = re.compile(r"[^A-Za-z0-9+/]").search
# The last character before the padding carries bits that belong to no byte; they must be zero.
_LAST_BEFORE_ONE_PAD = frozenset("AEIMQUYcgkosw048")
_LAST_BEFORE_TWO_PADS = frozenset("AQgw")


def blob_of(text: str) -> bytes:
    """The bytes that `text` stands for. Raises `SerializationError` with AWS's sentence."""
    if len(text) % 4:
        raise _fault(
            text, f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}"
        )
    try:
        blob = a2b_base64(text, strict_mode=True)
    except ValueError:
        raise _fault(text, f"Invalid Base64 character: '{_first_invalid(text)}'") from None
    if not _ends_in_zero_bits(text):
        raise _fault(text, "Invalid last non-pad Base64 character dectected")
    return blob


def _fault(text: str, why: str) -> SerializationError:
    return SerializationError(f"'{text}' can not be converted to a Blob: {why}")


def _first_invalid(text: str) -> str:
    """At most two characters of padding count as such, as in the codec of AWS's Java SDK."""
    end = len(text)
    while end > len(text) - 2 and text[end - 1] == "=":
        end -= 1
    found = _not_base64(text, 0, end)
    return found.group() if found else "="


def _ends_in_zero_bits(text: str) -> bool:
    if text.endswith("=="):
        return text[-3] in _LAST_BEFORE_TWO_PADS
    return not text.endswith("=") or text[-2] in _LAST_BEFORE_ONE_PAD
