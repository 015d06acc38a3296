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
