"""`shardline doctor` as people and programs use it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from click.testing import CliRunner, Result

from doctor_server import now_s, put
from shardline.cli import doctor, group, streams
from shardline.cli.doctor_text import command_lines
from shardline.doctor.findings import SECTIONS
from shardline.doctor.report_json import schema
from shardline.doctor.roles import Need
from shardline.module.places import Place
from shardline.module.policies import ACCESSES, document, policy_name
from shardline.testing import TestServer, running_server

Run = Callable[..., Result]
NEEDED = [
    "kinesis:DescribeStreamSummary",
    "kinesis:ListShards",
    "kinesis:ListStreamConsumers",
    "kinesis:ListTagsForStream",
    "kinesis:DescribeLimits",
    "cloudwatch:GetMetricData",
    "cloudwatch:DescribeAlarms",
    "iam:GetAccountAuthorizationDetails",
    "iam:SimulatePrincipalPolicy",
]
"""What the page says that doctor needs."""


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    """A stream that is well, one that is throttled, and a user who may do nothing."""
    with running_server(limits="aws") as server:
        kinesis = server.client("kinesis")
        kinesis.create_stream(StreamName="well", ShardCount=1)
        kinesis.create_stream(StreamName="ill", ShardCount=2)
        for _ in range(6):
            put(server, "ill", 500, key="hot")
        put(server, "well")
        server.clock.advance(minutes=2)
        server.client("iam").create_user(UserName="nobody")
        yield server


@pytest.fixture
def run(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `shardline doctor` with the root key, at the server's time."""
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    monkeypatch.setenv("AWS_REGION", server.region)
    monkeypatch.setattr(streams, "now_s", lambda: now_s(server))
    runner = CliRunner()

    def invoke(*arguments: object) -> Result:
        # DescribeLimits may be called once a second.
        server.clock.advance(seconds=2)
        return runner.invoke(group, ["doctor", *map(str, arguments)])

    return invoke


def read(result: Result) -> Any:
    return json.loads(result.stdout)


def test_a_stream_that_is_well(run: Run) -> None:
    shown = run("well")

    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("well in us-east-1 (http://127.0.0.1:")
    assert [line.split()[0] for line in lines if line[:1] not in (" ", "")][2:] == ["well"] * 5
    assert "$" not in shown.stdout


def test_what_is_wrong_is_shown_with_its_remedy_in_80_columns(run: Run) -> None:
    shown = run("ill")

    assert shown.exit_code == 2
    assert max(map(len, shown.stdout.splitlines())) <= 80
    assert "ILL: " in shown.stdout
    assert "[write-throttles]" in shown.stdout
    assert "  $ aws kinesis update-shard-count --stream-name ill --target-shard" in shown.stdout


def test_verbose_shows_every_command(run: Run) -> None:
    shown = run("well", "--verbose").stdout

    assert "to look for yourself" in shown
    whole = " ".join(shown.replace("\\\n", " ").split())
    for section in read(run("well", "--json"))["sections"]:
        for command in section["commands"]:
            assert command in whole


def test_the_json_is_what_its_schema_says(run: Run) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    for stream, verdict, code in (("well", "well", 0), ("ill", "ill", 2), ("none", "ill", 2)):
        shown = run(stream, "--json")
        assert shown.exit_code == code
        found = read(shown)
        jsonschema.validate(found, schema())
        assert (found["stream"], found["verdict"]) == (stream, verdict)
        assert [each["name"] for each in found["sections"]] == list(SECTIONS)


def test_one_section(run: Run) -> None:
    shown = run("ill", "--section", "status", "--section", "access", "--json")

    assert shown.exit_code == 0
    assert [each["name"] for each in read(shown)["sections"]] == ["status", "access"]


def test_an_arn_is_as_good_as_a_name(run: Run) -> None:
    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/well"
    assert read(run(arn, "--json"))["arn"] == arn


def test_fix_does_what_is_safe_and_says_so(run: Run, server: TestServer) -> None:
    shown = run("ill", "--fix", "--json")

    found = read(shown)
    jsonschema.validate(found, schema())
    (done,) = found["fixed"]
    assert "IncomingBytes" in done
    assert "disable-enhanced-monitoring" in done
    summary = server.client("kinesis").describe_stream_summary(StreamName="ill")
    metrics = summary["StreamDescriptionSummary"]["EnhancedMonitoring"][0]["ShardLevelMetrics"]
    assert "IncomingRecords" in metrics
    # And a second time there is nothing to fix any more
    assert read(run("ill", "--fix", "--json"))["fixed"] == []


def test_html_writes_a_page(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "doctor.html"
    assert run("well", "--html", page).exit_code == 0
    assert page.read_text().startswith("<!doctype html>")
    missing = run("well", "--html", tmp_path / "no" / "page.html")
    assert missing.exit_code == 3
    assert "cannot be written" in missing.stderr


def test_watch_looks_again_until_it_is_interrupted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    shown = run("well", "--watch", "5", "--json", "--section", "status")
    assert shown.exit_code == 0
    assert len(shown.stdout.splitlines()) == 3


def test_the_file_of_the_stream(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "stream.yaml"
    file.write_text("name: well\nshards: {min: 2, max: 8}\n")
    scaling = read(run("well", "--file", file, "--json", "--section", "scaling"))["sections"][0]
    (overview,) = [each for each in scaling["findings"] if each["check"] == "overview"]
    assert any("the scaler would now: up, 1 → 2 shards" in line for line in overview["evidence"])
    assert run("ill", "--file", file).exit_code == 64
    file.write_text("name: well\nshards: none\n")
    assert run("well", "--file", file).exit_code == 3


def test_fix_gives_a_policy_to_whom_the_file_names(
    run: Run, server: TestServer, tmp_path: Path
) -> None:
    # Given the module's policies, and a file that gives one of them to a user who has it not
    iam, place = server.client("iam"), Place("000000000000", "us-east-1")
    for access in ACCESSES:
        iam.create_policy(
            PolicyName=policy_name("well", access), PolicyDocument=document(place, "well", access)
        )
    file = tmp_path / "stream.yaml"
    file.write_text("name: well\nshards: 1\naccess: {read: [user/nobody]}\n")
    arguments = ("well", "--section", "access", "--file", file)
    assert run(*arguments).exit_code == 1

    # When that is fixed, then the user has it
    (done,) = read(run(*arguments, "--fix", "--json"))["fixed"]
    assert "attach kinesis-stream-well-read to the user nobody" in done
    attached = iam.list_attached_user_policies(UserName="nobody")["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["kinesis-stream-well-read"]
    assert run(*arguments).exit_code == 0
    iam.detach_user_policy(UserName="nobody", PolicyArn=attached[0]["PolicyArn"])


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("well", "--nonsense"),
        ("well", "--section", "weather"),
        ("well", "--since", "soon"),
        ("well", "--checkpoint", "shardId-000000000000"),
        ("well", "--principal", "app"),
        ("well", "--needs", "reader"),
        ("well", "--watch", "1"),
        ("arn:aws:s3:::bucket",),
    ],
)
def test_mistakes_of_usage(run: Run, arguments: tuple[str, ...]) -> None:
    shown = run(*arguments)
    assert (shown.exit_code, shown.stdout) == (64, "")
    assert "Error: " in shown.stderr


def test_what_cannot_be_looked_at_is_no_verdict(
    run: Run, server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a user who may do nothing
    key = server.client("iam").create_access_key(UserName="nobody")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    shown = run("well")
    assert shown.exit_code == 3
    assert "lacks kinesis:DescribeStreamSummary" in " ".join(shown.stdout.split())

    # And who may describe and list alone learns that much, and what else to ask for
    server.client("iam").put_user_policy(
        UserName="nobody",
        PolicyName="look",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": "kinesis:*", "Resource": "*"},
            }
        ),
    )
    found = run("well", "--json", "--principal", "arn:aws:iam::000000000000:user/nobody")
    assert found.exit_code == 0
    unknown = [
        finding["line"]
        for section in read(found)["sections"]
        for finding in section["findings"]
        if finding["verdict"] == "unknown"
    ]
    assert {line.rpartition(" ")[2] for line in unknown} == {
        "cloudwatch:GetMetricData",
        "cloudwatch:DescribeAlarms",
        "iam:GetAccountAuthorizationDetails",
        "iam:SimulatePrincipalPolicy",
    }

    # And who has what the page says that doctor needs is told everything
    server.client("iam").put_user_policy(
        UserName="nobody",
        PolicyName="look",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": NEEDED, "Resource": "*"},
            }
        ),
    )
    found = run("well", "--json", "--principal", "arn:aws:iam::000000000000:user/nobody")
    assert {
        finding["verdict"] for section in read(found)["sections"] for finding in section["findings"]
    } == {"well", "ill"}  # ill: the user may neither read nor write
    page = (Path(__file__).parent.parent.parent / "docs" / "doctor.md").read_text()
    assert [each for each in NEEDED if each.partition(":")[2] not in page] == []

    # And a key that is none is a failure
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    refused = run("well")
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "SignatureDoesNotMatch" in refused.stderr or "InvalidSignature" in refused.stderr


def test_the_choices_are_those_of_the_checks() -> None:
    assert tuple(SECTIONS) == doctor.SECTIONS
    assert get_args(Need) == doctor.NEEDS


def test_a_long_command_is_broken_where_a_shell_goes_on() -> None:
    metrics = ["IncomingBytes", "IncomingRecords", "WriteProvisionedThroughputExceeded"]
    command = f"aws kinesis x --query 'a b' --one {'a' * 40} --metrics {' '.join(metrics * 2)}"
    lines = command_lines(command)
    assert len(lines) == 4
    assert max(map(len, lines)) <= 80
    assert " ".join("\n".join(lines).replace("\\\n", " ").split()) == f"$ {command}"
