"""The journal of a shard tells after any crash what has arrived, and which request is in doubt."""

from pathlib import Path
from typing import Any

import pytest

from shardline.copying.errors import Refused
from shardline.copying.journal import Journal, Sending, Span
from shardline.copying.store import Store, Terms


def line(first: int, last: int, **more: Any) -> dict[str, Any]:
    count = last - first + 1
    return {
        "from": [str(first), str(last)],
        "to": {"shardId-0": [str(first + 100), str(last + 100), count]},
        "records": count,
        "bytes": 10 * count,
        "sum": "ff",
        "arrived": 5.0,
        **more,
    }


def test_what_was_written_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "shard.jsonl"
    journal = Journal(path)
    journal.sends(Sending("1", "9", 9))
    journal.has_arrived(line(1, 9, resent=2))
    journal.sends(Sending("10", "14", 5))
    journal.has_arrived(line(10, 14))
    journal.ends()
    journal.close()
    found = Journal(path).copied
    assert found == journal.copied
    assert (found.first, found.last, found.records, found.bytes) == ("1", "14", 14, 140)
    assert (found.resent, found.sum, found.ended, found.sending) == (2, 0x1FE, True, None)
    assert found.to == {"shardId-0": Span("101", "114", 14)}


def test_cut_off_anywhere_it_is_what_its_whole_lines_say(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    journal = Journal(whole)
    journal.sends(Sending("1", "9", 9))
    journal.has_arrived(line(1, 9))
    journal.sends(Sending("10", "14", 5))
    journal.close()
    text = whole.read_bytes()
    ends = [0, *(n + 1 for n, byte in enumerate(text) if byte == 0x0A)]
    for cut in range(len(text) + 1):
        path = tmp_path / "cut.jsonl"
        path.write_bytes(text[:cut])
        lines = sum(end <= cut for end in ends) - 1
        found = Journal(path)
        assert found.copied.last == ("9" if lines >= 2 else None)
        doubt = {0: None, 1: Sending("1", "9", 9), 2: None, 3: Sending("10", "14", 5)}
        assert found.copied.sending == doubt[lines]
        # What is written behind it is not glued to the torn line.
        found.sends(Sending("20", "29", 10))
        found.close()
        assert Journal(path).copied.sending == Sending("20", "29", 10)


def test_what_has_arrived_waits_for_the_next_sync(tmp_path: Path) -> None:
    path = tmp_path / "shard.jsonl"
    journal = Journal(path)
    journal.has_arrived(line(1, 9))
    assert not path.exists()
    journal.flush()
    assert Journal(path).copied.last == "9"
    journal.close()


def test_two_processes_do_not_copy_at_once(tmp_path: Path) -> None:
    with (
        Store(tmp_path / "copy"),
        pytest.raises(Refused, match="another process is copying"),
        Store(tmp_path / "copy"),
    ):
        pass
    with Store(tmp_path / "copy") as store:
        terms = Terms("id", "arn", 1.5, "there", starts={"shardId-0": {"after": "7"}})
        store.keep(terms)
        assert store.terms() == terms
        journal = store.journal("shardId-0")
        journal.ends()
        journal.close()
        store.forget()
        assert store.terms() is None
        assert store.journals() == {}
