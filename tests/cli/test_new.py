"""`shardline new`: what is asked, what answers do, and the file that comes of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shardline.cli import group
from shardline.cli.new import PRESETS
from shardline.module.prices import monthly
from shardline.module.spec import load, presets, resolve

USUAL = ""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty folder to be in, and no region in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    return tmp_path


def new(*arguments: str, answers: tuple[str, ...] = ()) -> Result:
    """Run the command; each answer is a line."""
    typed = "".join(f"{answer}\n" for answer in answers)
    return CliRunner().invoke(group, ["new", *arguments], input=typed, prog_name="shardline")


ON_DEMAND = ("orders", *[USUAL] * 10)
"""The answers of somebody who types a name and then nothing but Return."""


def test_a_name_and_return_will_do(folder: Path) -> None:
    ended = new(answers=ON_DEMAND)
    assert ended.exit_code == 0, ended.output
    assert load(folder / "stream.yaml").written() == {
        "name": "orders",
        "preset": "managed",
        "region": "us-east-1",
        "retention": "24h",
    }


def test_all_that_is_answered_is_in_the_file(folder: Path) -> None:
    # When every question is answered
    answers = (
        *("orders", "800", "2", "production", "eu-west-1", "4-40", "7d", "billing, search"),
        *("role/shop", "role/billing user/ann", "user/ann"),
        "arn:aws:sns:eu-west-1:123456789012:oncall",
    )
    ended = new("orders.yaml", answers=answers)
    assert ended.exit_code == 0, ended.output

    # Then the file says so
    config = load(folder / "orders.yaml")
    assert config.written() == {
        "name": "orders",
        "region": "eu-west-1",
        "preset": "production",
        "shards": {"min": 4, "max": 40},
        "retention": "7d",
        "consumers": ["billing", "search"],
        "alarms": {"notify": ["arn:aws:sns:eu-west-1:123456789012:oncall"]},
        "access": {
            "write": ["role/shop"],
            "read": ["role/billing", "user/ann"],
            "manage": ["user/ann"],
        },
    }


def test_the_price_is_shown_before_and_after(folder: Path) -> None:
    shown = new(answers=ON_DEMAND).output
    total = monthly(resolve(load(folder / "stream.yaml"))).total
    assert f"${total:,.0f} a month" in shown
    assert f"${total:,.2f}\n" in shown
    assert "An estimate: AWS's list prices" in shown


def test_a_wrong_answer_is_told_at_once_and_asked_again(folder: Path) -> None:
    ended = new(
        answers=(
            *("my orders", "orders", "-1", "many", USUAL, USUAL, "prod", "1", "Ireland", USUAL),
            *("none", "0", "4", "12", "48h", *[USUAL] * 4),
        )
    )
    assert ended.exit_code == 0, ended.output
    for said in (
        "'my orders' is not a name of letters, digits, `_`, `.` and `-`",
        "-1.0 is not in the range",
        "'many' is not a valid float",
        "'prod' is not possible; possible are development, production or managed",
        "'Ireland' is not the code of an AWS region",
        "'none' is no number of shards; write, for example, 4, or 2-16",
        "0 is too small; the least is 1",
        "'12' is not a number with its unit, h or d",
    ):
        assert f"Error: {said}" in ended.output
    config = load(folder / "stream.yaml")
    assert (config.preset, config.shards, config.retention) == ("development", 4, "48h")


def test_as_many_shards_are_proposed_as_the_load_needs(folder: Path) -> None:
    answers = ("orders", "6000", "4", "development", *[USUAL] * 7)
    assert "shards [47]" in new(answers=answers).output


def test_no_alarms_no_question_where_to_send_them(folder: Path) -> None:
    answers = ("orders", USUAL, USUAL, "development", *[USUAL] * 7)
    assert "Where should alarms go?" not in new(answers=answers).output


def test_a_file_is_overwritten_only_when_that_is_said(folder: Path) -> None:
    # Given a file that is there
    path = folder / "stream.yaml"
    path.write_text("name: mine")

    # When the question is answered with no, by Return too, it stays
    for answer in ("n", USUAL):
        ended = new(answers=(*ON_DEMAND, answer))
        assert ended.exit_code == 1
        assert ended.stderr.endswith("shardline: left stream.yaml as it was\n")
    assert path.read_text() == "name: mine"

    # And with yes it does not
    assert new(answers=(*ON_DEMAND, "y")).exit_code == 0
    assert load(path).name == "orders"


def test_yes_asks_nothing(folder: Path) -> None:
    ended = new("--yes", "--name", "orders", "--preset", "development", "--region", "eu-west-1")
    assert ended.exit_code == 0
    assert ended.output == "\nWrote stream.yaml.\n"
    written = load(folder / "stream.yaml").written()
    assert written == {"name": "orders", "preset": "development", "region": "eu-west-1"}


def test_yes_overwrites_nothing(folder: Path) -> None:
    (folder / "stream.yaml").write_text("name: mine")
    ended = new("--yes", "--name", "orders")
    assert ended.exit_code == 1
    assert "stream.yaml is there already" in ended.stderr
    assert (folder / "stream.yaml").read_text() == "name: mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--yes",), "--yes needs --name"),
        (("--name", "a b"), "Invalid value for --name: 'a b' is not a name"),
        (("--region", "Ireland"), "Invalid value for --region: 'Ireland' is not the code"),
        (("--preset", "prod"), "Invalid value for '--preset'"),
        (("stream.json",), "what is written is YAML: name it FILE.yaml"),
    ],
)
def test_mistakes_of_usage(arguments: tuple[str, ...], said: str, folder: Path) -> None:
    ended = new(*arguments)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there(folder: Path) -> None:
    ended = new("nowhere/stream.yaml", "--yes", "--name", "orders")
    assert ended.exit_code == 1
    assert "cannot write nowhere/stream.yaml: No such file or directory" in ended.stderr


def test_the_region_is_that_of_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "ap-southeast-2")
    assert "region [ap-southeast-2]" in new(answers=ON_DEMAND).output


def test_the_presets_offered_are_those_there_are() -> None:
    assert tuple(presets.PRESETS) == PRESETS
