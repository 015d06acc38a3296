"""`shardline new`: asks what a stream should be, in plain words, and writes its file."""

import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shardline.cli import Failure

if TYPE_CHECKING:
    from shardline.module.interview import Question
    from shardline.module.prices import Load

PRESETS = ("development", "production", "managed")
WIDTH = 80
# Where the description of a preset begins: after number, name and price.
OFFER_INDENT = 36


@click.command("new")
@click.argument(
    "file", type=click.Path(path_type=Path, dir_okay=False), default=Path("stream.yaml")
)
@click.option("--name", help="The stream's name.")
@click.option("--region", help="The AWS region of the stream.")
@click.option("--preset", type=click.Choice(PRESETS), help="What to begin with.")
@click.option(
    "--yes", is_flag=True, help="Ask nothing: what the options leave open stays as is usual."
)
def command(
    file: Path, name: str | None, region: str | None, preset: str | None, yes: bool
) -> None:
    """Ask what a stream should be, in plain words, and write FILE (stream.yaml).

    Every answer is checked at once, and the price of a month on AWS is shown. Nothing is made but
    the file, and no file is overwritten without asking.
    """
    given = {"name": name, "region": region, "preset": preset}
    values = {field: value for field, value in given.items() if value is not None}
    _check_options(file, values)
    if yes:
        if name is None:
            raise click.UsageError("--yes needs --name")
        _write(file, values, overwrite=False)
        return
    values, load = _ask(values)
    _show_price(values, load)
    overwrite = file.exists()
    if overwrite and not click.confirm(f"\n{file} is there already. Overwrite it?"):
        raise Failure(f"left {file} as it was")
    _write(file, values, overwrite=overwrite)


def _check_options(file: Path, values: dict[str, Any]) -> None:
    from shardline.module.spec.load import problems_of

    if file.suffix == ".json":
        raise click.BadParameter("what is written is YAML: name it FILE.yaml", param_hint="FILE")
    for problem in problems_of({"name": "stream", **values}):
        raise click.BadParameter(
            f"{problem.wrong}; {problem.right}", param_hint=f"--{problem.path[0]}"
        )


def _ask(values: dict[str, Any]) -> tuple[dict[str, Any], "Load"]:
    """Ask for everything that is not given yet."""
    from shardline.module import interview
    from shardline.module.prices import Load

    if "name" not in values:
        values = _answer(interview.NAME, values, Load())
    load = _ask_load()
    if "preset" not in values:
        values = _answer(interview.PRESET, values, load, interview.offers(values, load))
    if "region" not in values:
        values = _answer(interview.REGION, values, load, usual=_usual_region())
    for question in interview.QUESTIONS:
        if question.asked(values):
            values = _answer(question, values, load)
    return values, load


def _usual_region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def _answer(
    question: "Question",
    values: dict[str, Any],
    load: "Load",
    offers: tuple[str, ...] = (),
    usual: str | None = None,
) -> dict[str, Any]:
    """Ask until the answer is right; the values with it."""

    def check(answer: str) -> dict[str, Any]:
        try:
            return question.answered(answer, values)
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    _heading(question.text, question.help)
    for offer in offers:
        click.echo(_wrapped(offer, " " * OFFER_INDENT))
    default = question.usual(values, load) if usual is None else usual
    after: dict[str, Any] = click.prompt(
        f"  {question.label}",
        default=default if default or question.may_be_empty else None,
        value_proc=check,
        show_default=bool(default),
    )
    return after


def _heading(text: str, explained: str = "") -> None:
    click.echo(f"\n{click.style(text, bold=True)}")
    if explained:
        click.echo(_wrapped(explained))


def _wrapped(text: str, then: str = "  ") -> str:
    # us-east-1 stays in one piece.
    return textwrap.fill(
        text, WIDTH, initial_indent="  ", subsequent_indent=then, break_on_hyphens=False
    )


def _ask_load() -> "Load":
    from shardline.module.prices import Load

    usual = Load()
    _heading(
        "How much will be written?",
        "A guess will do: the price and a proposed number of shards come from it. A record is what "
        "is written at once, such as a message or an event.",
    )
    records = click.prompt(
        "  records a second, on average",
        type=click.FloatRange(0, 10_000_000),
        default=usual.records_per_second,
    )
    size = click.prompt(
        "  size of a record in KiB (1,024 letters)",
        type=click.FloatRange(0.01, 10_240),
        default=usual.record_kib,
    )
    return Load(records, size)


def _show_price(values: dict[str, Any], load: "Load") -> None:
    from shardline.module.interview import estimate

    told = estimate(values, load)
    _heading("What it costs a month on AWS")
    for line in told.lines:
        amount = f"{line.amount:,.0f} {line.unit}"
        click.echo(f"  {line.title:30}{amount:>32}{_dollars(line.dollars):>14}")
    click.echo(f"  {'Together':62}{_dollars(told.total):>14}")
    note = f"{told.note} On Shardline you pay for your own machine alone."
    click.echo(_wrapped(note))


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"


def _write(file: Path, values: dict[str, Any], *, overwrite: bool) -> None:
    from shardline.module.schema.write import commented

    try:
        with file.open("w" if overwrite else "x", encoding="utf-8") as opened:
            opened.write(commented(values))
    except FileExistsError as error:
        raise Failure(f"{file} is there already: name another file, or leave --yes out") from error
    except OSError as error:
        raise Failure(f"cannot write {file}: {error.strerror}") from error
    click.echo(f"\nWrote {file}.")
