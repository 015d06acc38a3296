"""The parts of the documents that are made from the code.

    .venv/bin/python docs/sections.py     writes them anew
    tests/test_docs.py                    fails when one is not what it would be

A part stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from shardline.cli import COMMANDS, group
from shardline.cloudwatch.api import cloudwatch_api
from shardline.gateway.model import load_service
from shardline.iam.sts import sts_api
from shardline.kinesis import limits_page
from shardline.kinesis.api import kinesis_api
from shardline.module.schema import fields_page
from shardline.module import pages

ROOT = Path(__file__).parent.parent

GROUPS = {
    "Streams": {"CreateStream", "DeleteStream", "ListStreams", "DescribeLimits"},
    "Records": {"GetRecords", "GetShardIterator", "PutRecord", "PutRecords"},
    "Shards": {"ListShards", "MergeShards", "SplitShard", "UpdateShardCount"},
    "Policies": {"DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy"},
    "Consumers": {
        "DeregisterStreamConsumer",
        "DescribeStreamConsumer",
        "ListStreamConsumers",
        "RegisterStreamConsumer",
        "SubscribeToShard",
    },
}


def works() -> str:
    """The README's table of operations: what is built, by subject, and what is not."""
    nothing: object = None
    api = kinesis_api(*(nothing,) * 4, b"", nothing, nothing)  # type: ignore[arg-type]
    built = set(api.handlers)
    rest = set(load_service("kinesis").operations) - built
    beside = {"CloudWatch": cloudwatch_api(nothing, nothing), "STS": sts_api()}  # type: ignore[arg-type]
    rows = {subject: sorted(filter(subject_is(subject), built)) for subject in SUBJECTS}
    lines = ["| | |", "|---|---|"]
    lines += [f"| {subject} | {', '.join(names)} |" for subject, names in rows.items()]
    lines += [f"| {name} | {', '.join(sorted(api.handlers))} |" for name, api in beside.items()]
    lines.append(f"| Not built yet: answers 501 and names itself | {', '.join(sorted(rest))} |")
    return "\n".join(lines) + "\n"


SUBJECTS = ("Streams", "Records", "Shards", "Consumers", "Tags", "Policies", "Settings")


def subject_is(subject: str) -> Callable[[str], bool]:
    """A test of whether an operation belongs to a subject."""

    def belongs(operation: str) -> bool:
        for name, operations in GROUPS.items():
            if operation in operations:
                return name == subject
        if "DescribeStream" in operation:
            return subject == "Streams"
        return subject == ("Tags" if "Tag" in operation or "Untag" in operation else "Settings")

    return belongs


def help_of(*command: str) -> str:
    """What `shardline COMMAND --help` prints."""
    shown = CliRunner().invoke(
        group,
        [*command, "--help"],
        terminal_width=88,
        prog_name="shardline",
        catch_exceptions=False,
    )
    return f"```\n{shown.output}```\n"


def help_of_all() -> str:
    """The help of every command, and of the commands below it, under a heading each."""
    return "\n".join(f"### shardline {' '.join(path)}\n\n{help_of(*path)}" for path in paths())


def paths() -> Iterator[tuple[str, ...]]:
    """The words of every command."""
    context = click.Context(group)
    for name in COMMANDS:
        yield (name,)
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, below) for below in command.list_commands(context))


def operations() -> str:
    """Every operation of the model, with the errors that a test of its own reaches."""
    tests = str(ROOT / "tests")
    if tests not in sys.path:
        sys.path.append(tests)
    from refusals.table import summary, table  # the registry of refusals is the tests'

    return f"{summary()}\n{table()}"


SECTIONS: dict[tuple[str, str], Callable[[], str]] = {
    ("README.md", "works"): works,
    ("docs/commands.md", "commands"): help_of_all,
    ("docs/limits.md", "numbers"): limits_page.numbers_table,
    ("docs/limits.md", "throughput"): limits_page.throughput_table,
    ("docs/limits.md", "calls"): limits_page.calls_table,
    ("docs/operations.md", "operations"): operations,
    ("docs/stream-yaml.md", "fields"): fields_page.fields_table,
    ("docs/stream-yaml.md", "presets"): fields_page.presets_table,
    ("docs/stream-yaml.md", "prices"): fields_page.prices_table,
    ("docs/stream-yaml.md", "keys"): fields_page.keys_table,
    ("docs/stream-module.md", "alarms"): pages.alarms_table,
    ("docs/stream-module.md", "policies"): pages.policies_table,
}


def replaced(text: str, name: str, content: str) -> str:
    """`text` with the section of that name holding `content`. Raises ValueError without one."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"there is no section {name}")
    return pattern.sub(lambda found: found[1] + content + found[2], text, count=1)


def main() -> None:
    """Write every section anew."""
    for (file, name), make in SECTIONS.items():
        path = ROOT / file
        path.write_text(replaced(path.read_text(), name, make()))


if __name__ == "__main__":
    main()
