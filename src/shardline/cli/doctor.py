"""`shardline doctor`: what is wrong with a stream, and what to do."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shardline.cli import Failure, options, streams
from shardline.cli.client import Target, choose_target, reported_failures

if TYPE_CHECKING:
    from shardline.doctor.findings import Report
    from shardline.doctor.gather import Wish

SECTIONS = ("status", "latency", "records", "access", "scaling")
NEEDS = ("reader", "fan-out", "writer", "manager")
FAILED, MISUSED = 3, 64
"""Exit codes beside the verdicts' 0, 1 and 2: EX_USAGE of sysexits.h for a mistake of usage, since
click's 2 is taken."""


class _Misuse(click.UsageError):
    exit_code = MISUSED


class _CouldNotLook(Failure):
    exit_code = FAILED


class _Doctor(click.Command):
    """A command whose failures do not look like verdicts."""

    def make_context(self, *arguments: Any, **settings: Any) -> click.Context:
        """Read the command line."""
        try:
            return super().make_context(*arguments, **settings)
        except click.UsageError as error:
            raise _Misuse(error.format_message(), error.ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise _Misuse(error.format_message(), error.ctx or ctx) from error
        except Failure as error:
            raise _CouldNotLook(error.message) from error


@click.command("doctor", cls=_Doctor)
@click.argument("stream")
@click.option(
    "--since", default="1h", show_default=True, help="How far back metrics are looked at."
)
@click.option(
    "--section",
    "sections",
    type=click.Choice(SECTIONS),
    multiple=True,
    help="This section only; may be repeated.",
)
@click.option("--principal", metavar="ARN", help="Ask IAM what this user or role may do.")
@click.option(
    "--needs",
    type=click.Choice(NEEDS),
    multiple=True,
    help="What the principal is meant to be; else that is told from what it may do.",
)
@click.option("--lease-table", metavar="NAME", help="The DynamoDB table of a KCL application.")
@click.option(
    "--checkpoint",
    "checkpoints",
    metavar="SHARD=SEQUENCE",
    multiple=True,
    help="Where a consumer is, as it logged; may be repeated.",
)
@click.option(
    "--sample",
    type=click.IntRange(1, 10_000),
    is_flag=False,
    flag_value=1000,
    help="Read up to so many records of the last 5 minutes, for their keys (1000 if none is said).",
)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The stream's stream.yaml: its scaling and access are looked at too.",
)
@click.option("-v", "--verbose", is_flag=True, help="All evidence and all commands.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page, too.")
@click.option("--watch", type=click.IntRange(5), metavar="SECONDS", help="Look again and again.")
@click.option("--fix", is_flag=True, help="Do what is safe and can be taken back, and say what.")
@options.data_dir
@click.option("--region", help="The AWS region of the stream; the server's, if not given.")
@click.option("--aws", is_flag=True, help="Real AWS, whatever AWS_ENDPOINT_URL says.")
def command(stream: str, since: str, data_dir: Path, **given: Any) -> None:
    """Say what is wrong with STREAM (a name or an ARN), and what to do.

    Five sections: whether it is active, its latency, lost or missing records, permissions, scaling.
    What the caller may not look at is unknown, and no failure.

    Exit codes: 0 well, 1 warnings, 2 ill, 3 it could not be looked at, 64 a mistake of usage.
    """
    from shardline.cli.doctor_wish import checkpoint, clients_of, named, wish_of

    name, region = named(stream, given["region"])
    checkpoints = tuple(checkpoint(each) for each in given["checkpoints"])
    if given["principal"] is not None and not given["principal"].startswith("arn:"):
        raise click.UsageError("--principal is an ARN, such as arn:aws:iam::123456789012:role/app")
    if given["needs"] and given["principal"] is None:
        raise click.UsageError("--needs says what a --principal is meant to be: give one")
    target = choose_target(data_dir, aws=given["aws"], region=region)
    clients = clients_of(target)

    def look() -> "Report":
        now_s = streams.now_s()
        wish = wish_of(name, since, now_s, target, given, checkpoints)
        return _looked(clients, wish, target, fix=given["fix"])

    if given["watch"] is not None:
        _watch(look, given)
    raise SystemExit(_shown(look(), given))


def _looked(clients: Callable[[str], Any], wish: "Wish", target: Target, *, fix: bool) -> "Report":
    from botocore.parsers import ResponseParserError

    from shardline.doctor.diagnosis import diagnose, fixed

    try:
        with reported_failures(target):
            report = diagnose(clients, wish)
            return fixed(clients, report) if fix else report
    except ResponseParserError as error:
        raise Failure(f"what answers at {target} is none of AWS's APIs") from error


def _shown(report: "Report", given: dict[str, Any]) -> int:
    """Show a report. The exit code."""
    from shardline.cli.doctor_text import Paint, coloured, plain, text_of
    from shardline.doctor.findings import Verdict
    from shardline.doctor.report_json import object_of

    if given["as_json"]:
        click.echo(json.dumps(object_of(report)))
    else:
        paint: Paint = coloured if sys.stdout.isatty() else plain
        click.echo(text_of(report, verbose=given["verbose"], paint=paint))
    if given["html"] is not None:
        _write_page(report, given["html"])
    codes = {Verdict.WELL: 0, Verdict.WARNING: 1, Verdict.ILL: 2, Verdict.UNKNOWN: FAILED}
    return codes[report.verdict]


def _write_page(report: "Report", path: Path) -> None:
    from shardline.doctor.drawing.page import page_html

    try:
        path.write_text(page_html(report), "utf-8")
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}") from error


def _watch(look: "Callable[[], Report]", given: dict[str, Any]) -> None:
    """Show a report, and again; until interrupted. A failed look is told, and tried again."""
    code = 0
    try:
        while True:
            begun = time.monotonic()
            try:
                report = look()
                if not given["as_json"]:
                    click.clear()
                code = _shown(report, given)
            except Failure as failure:
                failure.show()
                code = FAILED
            time.sleep(max(0.0, given["watch"] - (time.monotonic() - begun)))
    except KeyboardInterrupt:
        raise SystemExit(code) from None
