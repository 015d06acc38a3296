"""Whether two policy documents say the same.

IAM gives back another form than it was given: a list of one becomes what is in it, and lists come
in an order of its own.
"""

import json
from typing import Any


def same_document(one: str, other: str) -> bool:
    """Whether two documents are the same but for their form; one that is no JSON never is."""
    try:
        return bool(_normal(json.loads(one)) == _normal(json.loads(other)))
    except ValueError:
        return False


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normal(each) for key, each in value.items()}
    if isinstance(value, list):
        members = [_normal(each) for each in value]
        return members[0] if len(members) == 1 else sorted(members, key=json.dumps)
    return value
