"""The parts of the documents that are made from the code.

    .venv/bin/python docs/sections.py     writes them anew
    tests/test_docs.py                    fails when one is not what it would be

A part stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from shardline.cli import COMMANDS, group
from shardline.cli.doctor_text import text_of
from shardline.clock import SystemClock
from shardline.cloudwatch.alarms import messages
from shardline.cloudwatch.alarms.regions import region_name
from shardline.cloudwatch.alarms.service import Alarms
from shardline.cloudwatch.alarms.targets import Targets
from shardline.cloudwatch.api import cloudwatch_api
from shardline.cloudwatch.dashboards import Dashboards
from shardline.cloudwatch.math.functions import FUNCTIONS
from shardline.gateway.model import load_service
from shardline.iam.api import iam_api
from shardline.iam.sts.api import sts_api
from shardline.kinesis import limits_page
from shardline.kinesis.api import kinesis_api
from shardline.kinesis.counts.metrics import DIMENSIONS, METRICS
from shardline.module import pages
from shardline.module.schema import fields_page
from shardline.prometheus.families import NODE, Family
from shardline.prometheus.kinesis_families import EXPORTED
from shardline.storage.alarm_entities import Alarm, MetricStat, Notice, Watch

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
    api = kinesis_api(*(nothing,) * 4, b"", nothing, nothing, nothing)  # type: ignore[arg-type]
    built = set(api.handlers)
    rest = set(load_service("kinesis").operations) - built
    dashboards = Dashboards(nothing, nothing).handlers()  # type: ignore[arg-type]
    alarms = Alarms(nothing, nothing, SystemClock(), Targets({})).handlers()  # type: ignore[arg-type]
    cloudwatch = cloudwatch_api(nothing, nothing, nothing, dashboards, alarms)  # type: ignore[arg-type]
    beside = {"CloudWatch": cloudwatch, "STS": sts_api(*(nothing,) * 4)}  # type: ignore[arg-type]
    identities = iam_api(nothing, nothing)  # type: ignore[arg-type]
    rows = {subject: sorted(filter(subject_is(subject), built)) for subject in SUBJECTS}
    lines = ["| | |", "|---|---|"]
    lines += [f"| {subject} | {', '.join(names)} |" for subject, names in rows.items()]
    lines += [f"| {name} | {', '.join(sorted(api.handlers))} |" for name, api in beside.items()]
    lines.append(f"| IAM | {len(identities.handlers)} operations: {IAM_SUBJECTS} |")
    lines.append(f"| Not built yet: answers 501 and names itself | {', '.join(sorted(rest))} |")
    return "\n".join(lines) + "\n"


IAM_SUBJECTS = (
    "users, access keys, groups, roles, managed and inline policies, attachments, boundaries, "
    "tags, aliases, account details, simulations ([which](docs/operations.md#iam))"
)
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


def kinesis_metrics() -> str:
    """Every metric of AWS/Kinesis."""
    lines = ["| metric | unit | dimensions | a sample is |", "|---|---|---|---|"]
    lines += [
        f"| `{metric.name}` | {metric.unit} | {', '.join(reversed(DIMENSIONS[metric.level]))} "
        f"| {metric.sample} |"
        for metric in METRICS
    ]
    return "\n".join(lines) + "\n"


def families_of(families: Iterable[Family]) -> str:
    """Families of the Prometheus page."""
    lines = ["| name | kind | labels | |", "|---|---|---|---|"]
    lines += [
        f"| `{family.name}` | {family.kind} | {', '.join(family.labels)} | {family.help} |"
        for family in families
    ]
    return "\n".join(lines) + "\n"


def operations() -> str:
    """Every operation of Kinesis, with the errors that a test of its own reaches."""
    _find_tests()
    from refusals.table import summary, table  # the registry of refusals is the tests'

    return f"{summary()}\n{table()}"


def math_functions() -> str:
    """Every function of metric math that is built."""
    lines = ["| function | takes and gives | what it gives |", "|---|---|---|"]
    for name, spec in FUNCTIONS.items():
        forms = "<br>".join(f"`{each}`" for each in spec.signatures).replace("|", "\\|")
        lines.append(f"| {name} | {forms} | {spec.about} |")
    return "\n".join(lines) + "\n"


def iam_operations() -> str:
    """Every operation of IAM that is built, with the errors that a test of its own reaches."""
    _find_tests()
    from iam_refusals.table import summary, table

    return f"{summary()}\n{table()}"


def _find_tests() -> None:
    tests = str(ROOT / "tests")
    if tests not in sys.path:
        sys.path.append(tests)


def doctor_example() -> str:
    """What doctor says of a stream that is throttled, and whose readers are far behind."""
    _find_tests()
    from doctor_samples import example

    return f"```\n{text_of(example())}\n```\n"


def notification() -> str:
    """What an alarm posts to a webhook, its message cut short."""
    posted = json.loads(messages.notification(_notice()))
    posted["Message"] = posted["Message"][:60] + "…"
    return f"```json\n{json.dumps(posted, indent=2, ensure_ascii=False)}\n```\n"


def alarm_message() -> str:
    """The message inside of it, read."""
    return f"```json\n{json.dumps(json.loads(_notice().message), indent=2)}\n```\n"


def _notice() -> Notice:
    """The notice of the alarm that docs/alarms.md begins with."""
    name = "GetRecords.IteratorAgeMilliseconds"
    metric = MetricStat("AWS/Kinesis", name, (("StreamName", "events"),), 60, "Maximum")
    hook = "https://ops.example.org/hook"
    at_ms = 1_769_594_412_817
    alarm = Alarm(
        "000000000000", "us-east-1", "behind", 1_769_508_000_123, "ALARM",
        "Threshold Crossed: 3 datapoints [91000.0 (28/01/26 09:59:00), 88000.0 "
        "(28/01/26 09:58:00), 75000.0 (28/01/26 09:57:00)] were greater than the threshold "
        "(60000.0).",
        None, at_ms, at_ms,
        watch=Watch("GreaterThanThreshold", 60000.0, 3, metric),
        alarm_actions=(hook,),
    )  # fmt: skip
    region = region_name(alarm.region)
    return Notice(
        "8b15e083-30a3-4a57-a17e-b7a721ad365d", *alarm.key, alarm.type, hook,
        messages.subject(alarm, region), messages.message(alarm, "OK", region), at_ms,
    )  # fmt: skip


SECTIONS: dict[tuple[str, str], Callable[[], str]] = {
    ("README.md", "works"): works,
    ("docs/alarms.md", "notification"): notification,
    ("docs/alarms.md", "message"): alarm_message,
    ("docs/cloudwatch.md", "functions"): math_functions,
    ("docs/commands.md", "commands"): help_of_all,
    ("docs/doctor.md", "doctor-example"): doctor_example,
    ("docs/limits.md", "numbers"): limits_page.numbers_table,
    ("docs/limits.md", "throughput"): limits_page.throughput_table,
    ("docs/limits.md", "calls"): limits_page.calls_table,
    ("docs/metrics.md", "kinesis-metrics"): kinesis_metrics,
    ("docs/metrics.md", "node-families"): lambda: families_of(NODE),
    ("docs/metrics.md", "kinesis-families"): lambda: families_of(
        exported.family for exported in EXPORTED
    ),
    ("docs/operations.md", "operations"): operations,
    ("docs/operations.md", "iam"): iam_operations,
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
