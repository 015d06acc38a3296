"""Modelled errors that no test reaches, each with the reason."""

from collections.abc import Iterable, Iterator, Mapping

from refusals.calls import CALLS
from refusals.registry import errors_of

Pairs = Iterator[tuple[tuple[str, str], str]]

_NO_RATE = "no rate of these calls, and no other limit of theirs, is known"
_NO_OPT_IN = "a key here needs no subscription that could be missing"
_NO_KEY_RATE = "the use of a key here has no rate"
_NO_KEY_POLICY = "no principal but root can call so far, and root may use every key of its account"
_SETTINGS = "no status that the model allows is known to be refused"
_READING = "nothing is known of when AWS answers it to a call that only reads"

UNRATED = (
    "ListTagsForResource",
    "TagResource",
    "UntagResource",
    "UpdateMaxRecordSize",
    "UpdateStreamRecordDistributionStrategy",
)
RECORDS = ("GetRecords", "PutRecord", "PutRecords")


def _pairs(operations: Iterable[str], start: str, why: str) -> Pairs:
    for operation in operations:
        for error in errors_of(operation):
            if error.startswith(start):
                yield (operation, error), why


UNREACHED: Mapping[tuple[str, str], str] = {
    **dict(_pairs(UNRATED, "LimitExceeded", _NO_RATE)),
    **dict(_pairs(CALLS, "KMSOptIn", _NO_OPT_IN)),
    **dict(_pairs(CALLS, "KMSThrottling", _NO_KEY_RATE)),
    **dict(_pairs(RECORDS, "KMSAccessDenied", _NO_KEY_POLICY)),
    ("GetResourcePolicy", "ResourceInUseException"): _READING,
    ("ListTagsForResource", "ResourceInUseException"): _READING,
    ("UpdateAccountSettings", "InvalidArgumentException"): _SETTINGS,
}
