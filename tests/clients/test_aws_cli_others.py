"""What the ordinary `aws` command asks the APIs beside Kinesis."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.timeout(180)]


def aws(server: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("aws"), *arguments, "--output", "json"]
    return subprocess.run(
        command, env=server, capture_output=True, text=True, timeout=60, check=False
    )


def put(server: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return aws(server, "cloudwatch", "put-metric-data", *arguments)


def test_who_am_i(server: dict[str, str]) -> None:
    done = aws(server, "sts", "get-caller-identity")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "UserId": "000000000000",
        "Account": "000000000000",
        "Arn": "arn:aws:iam::000000000000:root",
    }


def test_metrics_are_taken(server: dict[str, str], tmp_path: Path) -> None:
    one = ("--namespace", "App", "--metric-name", "Latency", "--unit", "Milliseconds")
    done = put(server, *one, "--value", "12.5", "--dimensions", "Host=a,Zone=b")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    statistics = "Sum=55,Minimum=1,Maximum=10,SampleCount=10"
    assert put(server, *one, "--statistic-values", statistics).returncode == 0
    # A file of many, which is packed on the way
    data = [{"MetricName": f"m{n}", "Values": [n, 2.5], "Counts": [1, 2]} for n in range(500)]
    file = tmp_path / "data.json"
    file.write_text(json.dumps(data))
    done = put(server, "--namespace", "App", "--metric-data", f"file://{file}")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_wrong_is_told(server: dict[str, str]) -> None:
    done = put(server, "--namespace", "AWS/Kinesis", "--metric-name", "m", "--value", "1")
    assert done.returncode != 0
    assert (
        "An error occurred (InvalidParameterValue) when calling the PutMetricData operation: "
        "The value AWS/ for parameter Namespace is invalid."
    ) in done.stderr


def shell(server: dict[str, str], line: str) -> subprocess.CompletedProcess[str]:
    """A line as someone types it, with `aws` on the path."""
    tools = Path(sys.executable).parent
    return subprocess.run(
        ["bash", "-c", line],
        env=server | {"PATH": f"{tools}:{server['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


RUNBOOK_LINE = (
    "aws cloudwatch get-metric-statistics --namespace App/Runbook --metric-name IncomingBytes "
    "--dimensions Name=StreamName,Value=S --start-time $(date -u -d '15 minutes ago' +%FT%TZ) "
    "--end-time $(date -u +%FT%TZ) --period 60 --statistics Sum"
)


def test_a_runbooks_line_reads_the_sum_by_the_minute(server: dict[str, str]) -> None:
    # Given two values of the last minutes, and one that is too old to be asked for
    for ago, value in (("1 minute", 300), ("1 minute", 200), ("30 minutes", 7)):
        done = shell(
            server,
            "aws cloudwatch put-metric-data --namespace App/Runbook --metric-name IncomingBytes "
            f"--dimensions StreamName=S --unit Bytes --value {value} "
            f"--timestamp $(date -u -d '{ago} ago' +%FT%TZ)",
        )
        assert (done.returncode, done.stderr) == (0, "")
    # When the runbook's line is run as it stands
    done = shell(server, RUNBOOK_LINE)
    # Then it prints what the runbook says
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["Label"] == "IncomingBytes"
    assert sum(point["Sum"] for point in answer["Datapoints"]) == 500
    for point in answer["Datapoints"]:
        assert point["Unit"] == "Bytes"
        assert point["Timestamp"] % 60 == 0  # the command shows times as they came: CBOR's numbers


def test_metrics_are_listed_and_computed_with(server: dict[str, str]) -> None:
    one = ("--namespace", "App/Math", "--metric-name", "Errors")
    assert put(server, *one, "--value", "3").returncode == 0
    done = aws(server, "cloudwatch", "list-metrics", "--namespace", "App/Math")
    assert json.loads(done.stdout)["Metrics"] == [
        {"Namespace": "App/Math", "MetricName": "Errors", "Dimensions": []}
    ]
    stat = {"Metric": {"Namespace": "App/Math", "MetricName": "Errors"}, "Period": 60}
    queries = [
        {"Id": "errors", "MetricStat": stat | {"Stat": "Sum"}, "ReturnData": False},
        {"Id": "e1", "Expression": "FILL(errors, 0) * 2", "Label": "Twice"},
    ]
    done = shell(
        server,
        f"aws cloudwatch get-metric-data --metric-data-queries '{json.dumps(queries)}' "
        "--start-time $(date -u -d '10 minutes ago' +%FT%TZ) "
        "--end-time $(date -u -d '1 minute' +%FT%TZ)",
    )
    assert (done.returncode, done.stderr) == (0, "")
    (result,) = json.loads(done.stdout)["MetricDataResults"]
    assert (result["Id"], result["Label"], result["StatusCode"]) == ("e1", "Twice", "Complete")
    assert sorted(result["Values"])[-1] == 6
    assert len(result["Values"]) >= 10


TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"AWS":"arn:aws:iam::000000000000:root"}}]}'
)


def test_the_policies_of_a_role(server: dict[str, str]) -> None:
    """With the runbook's line, as it is written there."""
    role, arn = "reader", "arn:aws:iam::aws:policy/AmazonKinesisReadOnlyAccess"
    for arguments in (
        ("create-role", "--role-name", role, "--assume-role-policy-document", TRUST),
        ("attach-role-policy", "--role-name", role, "--policy-arn", arn),
    ):
        assert aws(server, "iam", *arguments).stderr == ""
    done = aws(server, "iam", "list-attached-role-policies", "--role-name", role)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "AttachedPolicies": [{"PolicyName": "AmazonKinesisReadOnlyAccess", "PolicyArn": arn}]
    }
    done = aws(server, "iam", "delete-role", "--role-name", role)
    assert done.returncode != 0
    assert (
        "An error occurred (DeleteConflict) when calling the DeleteRole operation: "
        "Cannot delete entity, must detach all policies first."
    ) in done.stderr


def test_a_user_and_what_it_may(server: dict[str, str]) -> None:
    done = aws(server, "iam", "create-user", "--user-name", "ann", "--tags", "Key=team,Value=a")
    assert json.loads(done.stdout)["User"]["Tags"] == [{"Key": "team", "Value": "a"}]
    key = json.loads(aws(server, "iam", "create-access-key", "--user-name", "ann").stdout)
    assert key["AccessKey"]["Status"] == "Active"
    full = "arn:aws:iam::aws:policy/AmazonKinesisFullAccess"
    attach = ("attach-user-policy", "--user-name", "ann", "--policy-arn", full)
    assert aws(server, "iam", *attach).stderr == ""
    simulate = ("simulate-principal-policy", "--action-names", "kinesis:PutRecord", "s3:GetObject")
    source = ("--policy-source-arn", "arn:aws:iam::000000000000:user/ann")
    results = json.loads(aws(server, "iam", *simulate, *source).stdout)["EvaluationResults"]
    assert [each["EvalDecision"] for each in results] == ["allowed", "implicitDeny"]
