"""NextTokens of lists of alarms: opaque text that says after what to go on. Pure.

They are not signed: whoever makes one up gets another place of a list that is theirs anyway.
"""

import json
from binascii import Error, a2b_base64, b2a_base64

from shardline.gateway.errors import ServiceError


def make(operation: str, after: str | list[int]) -> str:
    """The token that lets an operation go on after that place."""
    state = json.dumps([operation, after], separators=(",", ":"))
    return b2a_base64(state.encode(), newline=False).decode()


def read_name(operation: str, token: str) -> str:
    """The name in a token. Raises InvalidNextToken for one of another operation or none."""
    after = _read(operation, token)
    if not isinstance(after, str):
        raise _invalid()
    return after


def read_place(operation: str, token: str) -> tuple[int, int]:
    """The two numbers in a token. Raises InvalidNextToken as `read_name` does."""
    match _read(operation, token):
        case [int(first), int(second)] if max(abs(first), abs(second)) < 2**63:
            return first, second
    raise _invalid()


def _read(operation: str, token: str) -> object:
    try:
        state = json.loads(a2b_base64(token, strict_mode=True))
    except (Error, ValueError, RecursionError):
        raise _invalid() from None
    match state:
        case [str(maker), after] if maker == operation:
            return after
    raise _invalid()


def _invalid() -> ServiceError:
    return ServiceError("InvalidNextToken", "The NextToken is invalid.")  # the text is ours
