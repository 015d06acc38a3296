"""Reading files: YAML's traps, JSON, several files, bounds."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from module.configurations import anything, right, unhurried
from shardline.module.spec import ConfigErrors, load, load_all, loads
from shardline.module.spec.load import MAX_BYTES, problems_of, read_source
from shardline.module.spec.source_yaml import plain


@unhurried
@given(right)
def test_what_was_written_is_what_is_read(values: dict[str, Any]) -> None:
    text = yaml.safe_dump(values, allow_unicode=True)
    assert loads(text).written() == values


@unhurried
@given(right)
def test_json_says_the_same(values: dict[str, Any]) -> None:
    assert loads(json.dumps(values), is_json=True).written() == values
    assert loads(json.dumps(values, ensure_ascii=False)).written() == values


@pytest.mark.parametrize(
    "word", ["yes", "no", "on", "off", "y", "No", "TRUE", "010", "0x1f", "1_0"]
)
def test_words_stay_words(word: str) -> None:
    assert plain(word) == word


@pytest.mark.parametrize(
    ("word", "value"), [("true", True), ("false", False), ("7", 7), ("-1", -1), ("0.5", 0.5)]
)
def test_plain_words_are_what_json_would_have(word: str, value: object) -> None:
    assert plain(word) == value


@pytest.mark.parametrize("text", ["9" * 5000, "12:30:00", "2026-01-31", "1e999999999999999999999"])
def test_what_other_parsers_make_something_of_stays_text(text: str) -> None:
    assert read_source(f"name: {text}").values == {"name": text}


def is_refused(text: str, *, is_json: bool) -> bool:
    """Whether there is a problem with it; anything else than that or a configuration fails."""
    try:
        loads(text, is_json=is_json)
    except ConfigErrors as errors:
        return bool(errors.problems)
    return False


@unhurried
@given(st.text(max_size=200) | st.text("[]{}:,-&*!|>'\"#%@` \n\tab0?~", max_size=40), st.booleans())
def test_no_text_at_all_is_more_than_refused(text: str, is_json: bool) -> None:
    assert is_refused(text, is_json=is_json)


@pytest.mark.parametrize("is_json", [False, True])
def test_deep_nesting_is_refused(is_json: bool) -> None:
    with pytest.raises(ConfigErrors):
        loads("[" * 100_000, is_json=is_json)


def test_a_large_file_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ConfigErrors, match="larger than 256 KiB"):
        loads("a" * (MAX_BYTES + 1))


def test_several_files_are_told_of_together(tmp_path: Path) -> None:
    # Given two files that are not right, and two of the same stream
    files = {"a.yaml": "name: a b", "b.yaml": "name: b", "c.json": '{"name": "b"}', "d.yaml": "- d"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    # When they are loaded
    with pytest.raises(ConfigErrors) as raised:
        load_all([tmp_path / name for name in files])

    # Then each is told by its name
    told = str(raised.value).splitlines()
    assert [line.removeprefix(f"{tmp_path}/").split(":")[0] for line in told] == [
        "a.yaml",
        "c.json",
        "d.yaml",
    ]
    assert told[1] == (
        f"{tmp_path}/c.json: name: 'b' is the stream of {tmp_path}/b.yaml too; give it another name"
    )


def test_the_same_name_in_two_regions_is_two_streams(tmp_path: Path) -> None:
    for region in ("eu-west-1", "us-east-1"):
        (tmp_path / region).write_text(f"name: a\nregion: {region}")
    configs = load_all([tmp_path / "eu-west-1", tmp_path / "us-east-1"])
    assert [config.region for config in configs] == ["eu-west-1", "us-east-1"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read: No such file or directory"), (b"\xff\xfe\x00", "is not a text file")],
)
def test_a_file_that_cannot_be_read(content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "stream.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigErrors, match=said):
        load(path)


@pytest.mark.parametrize("text", ["name: a # \t\n", 'name: "a"\n# \t'])
def test_a_tab_that_does_no_harm(text: str) -> None:
    assert loads(text).name == "a"


def test_a_tab_that_does_harm_is_told_where_it_is() -> None:
    with pytest.raises(ConfigErrors, match=r"^3: there is a tab where YAML wants spaces"):
        loads("name: a # so\tcalled\nshards:\n\tmin: 2\n")


@unhurried
@given(anything())
def test_whatever_is_wrong_is_told_in_words_of_ours(values: dict[str, Any]) -> None:
    for problem in problems_of(values):
        assert problem.path
        assert problem.wrong
        assert problem.right
        assert not re.search("Input should|valid|Tuple|Dictionary|None", str(problem)), problem


def test_an_editor_s_mark_at_the_start_is_no_part_of_the_name(tmp_path: Path) -> None:
    path = tmp_path / "stream.yaml"
    path.write_text("\ufeffname: a\r\nretention: 48h\r\n", encoding="utf-8")
    assert load(path).written() == {"name": "a", "retention": "48h"}
