"""Lines of files and pipes, as they arrive."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shardline.cli import Failure, lines
from shardline.cli.lines import arriving_lines


def read_file(path: Path) -> list[bytes]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return [line for chunk in arriving_lines(descriptor) for line in chunk]
    finally:
        os.close(descriptor)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b"").rstrip(b"\r"))),
    end=st.sampled_from([b"\n", b"\r\n"]),
    chunk=st.integers(1, 16),
)
def test_lines_come_back_however_they_are_cut(
    tmp_path: Path, wanted: list[bytes], end: bytes, chunk: int
) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"".join(line + end for line in wanted))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "CHUNK", chunk)
        assert read_file(path) == wanted


def test_a_last_line_without_an_end_counts(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"a\nb")
    assert read_file(path) == [b"a", b"b"]


def test_a_pipe_that_pauses_says_so_before_it_goes_on() -> None:
    # Given a pipe with one line and half of another
    read_end, write_end = os.pipe()
    arriving = arriving_lines(read_end, linger_s=0.001)
    os.write(write_end, b"one\ntw")
    # When nothing more comes for a while, then the rest
    first, pause = next(arriving), next(arriving)
    os.write(write_end, b"o\n")
    second = next(arriving)
    os.close(write_end)
    # Then the pause is told, and no line is lost
    assert (first, pause, second, list(arriving)) == ([b"one"], [], [b"two"], [])
    os.close(read_end)


def test_a_line_that_no_record_can_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"short\n" + b"x" * 100)
    monkeypatch.setattr(lines, "LONGEST_LINE", 50)
    with pytest.raises(Failure, match="line 2 is longer"):
        read_file(path)
