"""The audit notices everything that it says it looks for: each kind of loss, made on purpose."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from durability.audit import Audit, Found
from durability.ledger import HASH_KEYS, Attempt, Fate, Ledger


def _shard(name: str, start: int, end: int) -> dict:
    return {
        "ShardId": name,
        "HashKeyRange": {"StartingHashKey": str(start), "EndingHashKey": str(end)},
        "SequenceNumberRange": {"StartingSequenceNumber": "1"},
    }


SHARDS = [_shard("a", 0, HASH_KEYS // 2 - 1), _shard("b", HASH_KEYS // 2, HASH_KEYS - 1)]


def _kept() -> tuple[Ledger, list[Found]]:
    """A ledger of five attempts for one key in shard `a`, and what a reader then gets."""
    ledger = Ledger()
    fates = [Fate.ACKNOWLEDGED, Fate.UNKNOWN, Fate.ACKNOWLEDGED, Fate.REFUSED, Fate.ACKNOWLEDGED]
    for serial, fate in enumerate(fates, 1):
        attempt = Attempt(f"p0a{serial}", serial, "key", "7", counter=serial, size=50)
        ledger.enter(attempt)
        if fate is Fate.ACKNOWLEDGED:
            attempt.acknowledge("a", str(100 + serial))
        attempt.fate = fate
    attempts = [ledger.attempts[f"p0a{serial}"] for serial in (1, 2, 3, 5)]
    return ledger, [Found("a", 100 + each.serial, each.key, each.data) for each in attempts]


def _problems(ledger: Ledger, found: list[Found], shards: list[dict] = SHARDS) -> list[str]:
    audit = Audit(ledger)
    audit.note_shards(shards)
    audit.note(found)
    return audit.settle()


def test_a_kept_promise_has_no_problems() -> None:
    ledger, found = _kept()
    assert _problems(ledger, found) == []
    # An attempt without an answer may be missing
    assert _problems(ledger, [found[0], found[2], found[3]]) == []


def _move(found: list[Found]) -> list[Found]:
    return [*found[:3], found[3]._replace(sequence=999)]


def _repeat(found: list[Found]) -> list[Found]:
    return [*found, found[3]._replace(sequence=999)]


def _swap(found: list[Found]) -> list[Found]:
    first, second, third, fourth = found
    return [
        first,
        third._replace(sequence=second.sequence),
        second._replace(sequence=third.sequence),
        fourth,
    ]


def _resurrect(found: list[Found]) -> list[Found]:
    refused = Attempt("p0a4", 4, "key", "7", counter=4, size=50)
    return [*found[:3], Found("a", 104, "key", refused.data), found[3]]


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda found: found[:3], "LOST"),
        (lambda found: [], "LOST"),
        (_move, "was acknowledged at 105 and is at"),
        (_repeat, "is there twice"),
        (_swap, "comes after"),
        (_resurrect, "was refused and is at"),
        (lambda found: [found[1], found[0], *found[2:]], "does not grow"),
        (lambda found: [found[0]._replace(data=found[0].data[:-1]), *found[1:]], "is damaged"),
        (lambda found: [found[0]._replace(key="other"), *found[1:]], "is damaged"),
        (lambda found: [*found, Found("a", 106, "key", b"p9a1|0|")], "was never put"),
        (lambda found: [*found[:3], found[3]._replace(shard="b")], "other hash keys"),
    ],
)
def test_a_broken_promise_is_noticed(
    spoil: Callable[[list[Found]], list[Found]], word: str
) -> None:
    ledger, found = _kept()
    problems = _problems(ledger, spoil(found))
    assert any(word in problem for problem in problems), problems


def test_a_record_that_was_read_must_stay() -> None:
    ledger, found = _kept()
    ledger.read.add("p0a2")
    problems = _problems(ledger, [found[0], found[2], found[3]])
    assert problems == ["LOST: p0a2, which a reader had been given"]


@pytest.mark.parametrize(
    "shards",
    [
        SHARDS[:1],
        [SHARDS[0], _shard("b", HASH_KEYS // 2 + 1, HASH_KEYS - 1)],
        [*SHARDS, _shard("c", 5, 9)],
    ],
)
def test_hash_keys_belong_to_one_open_shard(shards: list[dict]) -> None:
    ledger, found = _kept()
    assert "do not part the hash keys" in _problems(ledger, found, shards)[0]


def test_a_cut_off_answer_is_a_promise_without_a_place() -> None:
    ledger, found = _kept()
    attempt = ledger.attempts["p0a2"]
    ledger.attempts["p0a2"] = replace(attempt, fate=Fate.ACKNOWLEDGED)
    assert _problems(ledger, found) == []
    assert "LOST: p0a2" in _problems(ledger, [found[0], found[2], found[3]])[0]
