"""What is let through to the CBOR decoder, which trusts its input more than a server may.

Anyone may send a body, since it is decoded before its signature is checked. cbor2 would build lists
ten million at a time from ten megabytes, and takes any value as a map's key: a hundred kilobytes of
keys with one hash (lists of integers are not salted as strings are) keep it busy for half a second,
ten times as much for fifty. It also makes regular expressions, e-mail messages and cycles out of
tags. So a body is walked once, without building anything, and must

- be one item, complete, with no more bytes after it, no matter what lengths it declares;
- have text in one piece for map keys, no tag but 1, no simple values but booleans and null;
- stay within `MAX_VALUES`.

The rest (depth, UTF-8, the parts of strings of indefinite length) is the decoder's to refuse. Costs
about 0.2 µs an item: 1 to 2 µs a record of PutRecords.
"""

from shardline.gateway.protocols import MAX_VALUES

TIMESTAMP_TAG = 1

# What an item's first byte says: its kind, its argument (a value, a length or a count, or -2 for an
# indefinite count), how many bytes behind it hold the argument instead, and how many of the items
# that its container waits for it settles (a tag settles none: what it tags follows).
_Head = tuple[int, int, int, int]
_VALUE, _BREAK, _BYTES, _TEXT, _LIST, _MAP = range(6)
_INDEFINITE = -2


def _heads() -> dict[int, _Head]:
    """Every first byte that may be (RFC 8949, section 3 and appendix B)."""
    heads = {0xC0 + TIMESTAMP_TAG: (_VALUE, 0, 0, 0), 0xFF: (_BREAK, 0, 0, 1)}
    majors = {0x00: _VALUE, 0x20: _VALUE, 0x40: _BYTES, 0x60: _TEXT, 0x80: _LIST, 0xA0: _MAP}
    for major, kind in majors.items():
        heads |= {major + argument: (kind, argument, 0, 1) for argument in range(24)}
        heads |= {major + 24 + power: (kind, 0, 1 << power, 1) for power in range(4)}
        if kind != _VALUE:
            # The parts of a string of indefinite length are counted like a list's members.
            heads[major + 31] = (_MAP if kind == _MAP else _LIST, _INDEFINITE, 0, 1)
    heads |= {0xE0 + simple: (_VALUE, 0, 0, 1) for simple in (20, 21, 22)}  # false, true, null
    heads |= {0xF8 + power: (_VALUE, 0, 1 << power, 1) for power in (1, 2, 3)}  # floats
    return heads


_HEADS = _heads()


def is_harmless(body: bytes) -> bool:
    """Whether `body` is CBOR that may be decoded; see above."""
    try:
        return _walk(body)
    except (IndexError, KeyError):  # beyond the end, or a first byte that may not be
        return False


def _walk(body: bytes) -> bool:
    position = 0
    # Items still to come in the innermost open container. An indefinite one starts below zero and
    # counts down; in a map of either kind a key comes when the count is even.
    pending, is_map = 1, False
    opened: list[tuple[int, bool]] = []
    for _ in range(MAX_VALUES):
        kind, argument, size, settled = _HEADS[body[position]]
        position += 1
        if is_map and not pending & 1 and kind != _TEXT and kind != _BREAK:
            return False
        if size:
            argument = int.from_bytes(body[position : position + size])
            position += size
        pending -= settled
        if kind >= _LIST:
            opened.append((pending, is_map))
            is_map = kind == _MAP
            pending = argument << is_map
        elif kind >= _BYTES:
            position += argument
        elif kind == _BREAK:
            if pending >= 0 or (is_map and not pending & 1):
                return False
            pending = 0
        while not pending:
            if not opened:
                return position == len(body)
            pending, is_map = opened.pop()
    return False
