"""New names for identities and their keys: random, of AWS's form, never given twice.

The prefixes are AWS's (IAM User Guide, "Unique identifiers").
"""

import secrets

USER, GROUP, ROLE, POLICY, ACCESS_KEY = "AIDA", "AGPA", "AROA", "ANPA", "AKIA"

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SECRET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def new_id(prefix: str) -> str:
    """The id of a user, group, role or policy: 21 characters."""
    return prefix + _random(_BASE32, 17)


def new_access_key_id() -> str:
    """The id of an access key: 20 characters."""
    return ACCESS_KEY + _random(_BASE32, 16)


def new_secret() -> str:
    """The secret of an access key: 40 characters, 240 random bits."""
    return _random(_SECRET, 40)


def _random(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
