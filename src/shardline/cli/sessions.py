"""The boto3 sessions of this process: loading one is slow, and it remembers the keys it found."""

import os
from functools import lru_cache
from typing import Any


def session_of(profile: str | None, *, bulk: bool) -> Any:
    """The boto3 session of this environment; the default one keeps the keys that it found first."""
    environment = frozenset(each for each in os.environ.items() if each[0].startswith("AWS_"))
    return _session_of(environment, profile, bulk)


@lru_cache(maxsize=4)
def _session_of(environment: frozenset[tuple[str, str]], profile: str | None, bulk: bool) -> Any:
    import boto3
    import botocore.session

    core = botocore.session.Session(profile=profile)
    if bulk:
        parsers = core.get_component("response_parser_factory")
        parsers.set_parser_defaults(timestamp_parser=_seconds)
    return boto3.Session(botocore_session=core)


def _seconds(told: Any) -> float:
    """A time of an answer in seconds since 1970; in JSON and CBOR it is such a number."""
    from botocore.utils import parse_timestamp

    if isinstance(told, int | float):
        return float(told)
    return float(parse_timestamp(told).timestamp())
