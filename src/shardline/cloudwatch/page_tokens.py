"""NextTokens: where a list goes on, as base64 over JSON. Pure.

They are not signed: what one could change in them is where a list of one's own goes on.
"""

import json
from binascii import a2b_base64, b2a_base64
from typing import TypeVar

import msgspec

_State = TypeVar("_State")


def make(state: object) -> str:
    """The token of a state, which JSON can hold."""
    return b2a_base64(json.dumps(state).encode(), newline=False).decode("ascii")


def read(token: str, kind: type[_State]) -> _State | None:
    """The state in a token; None if it holds none of that kind."""
    try:
        return msgspec.json.decode(a2b_base64(token, strict_mode=True), type=kind)
    except (ValueError, msgspec.MsgspecError):
        return None
