"""`shardline demo`, with few flights; scripts/demo runs it with all of them."""

import json
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.conftest import bare_environment
from shardline.cli import Failure, demo, group
from shardline.cli.client import check_answers, make_client, node_target
from shardline.cli.demo.server import OwnServer
from shardline.doctor.findings import SECTIONS

pytestmark = [pytest.mark.client, pytest.mark.slow]

FLIGHTS = 3000
Sent = list[tuple[str, bytes]]
Demo = Callable[..., Result]


@pytest.fixture
def run_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    """Runs the demo on a small file; `tamper` changes what its check holds to have been sent."""
    path = tmp_path / "flights.csv.zip"
    rows = "".join(f"AA,{n % 10},N{n % 90},{n}\n" for n in range(FLIGHTS))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("flights.csv", "carrier,flight,tailnum,dep_time\n" + rows)
    monkeypatch.setattr(demo, "flights_file", lambda: path)
    true_flights = demo.flights

    def run(*arguments: str, tamper: Callable[[Sent], Sent] = lambda sent: sent) -> Result:
        monkeypatch.setattr(demo, "flights", lambda source: tamper(list(true_flights(source))))
        return CliRunner().invoke(group, ["demo", *arguments])

    handler = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, handler)


def test_all_is_well(run_demo: Demo) -> None:
    ended = run_demo()
    assert ended.exit_code == 0, ended.output
    assert "Every one of 3,000 flights came back: once, unchanged, in order" in ended.stdout
    told = ended.stdout.partition("\nTo go on")[0]
    assert max(len(line) for line in told.splitlines()) <= 80
    assert not left_behind(ended)


def test_figures_as_json(run_demo: Demo) -> None:
    figures = json.loads(run_demo("--json").stdout)
    assert figures["ok"] is True
    assert figures["sent"] == figures["read"] == FLIGHTS
    assert len(figures["shards"]) == 8
    assert sum(shard["records"] for shard in figures["shards"].values()) == FLIGHTS
    assert sum(shard["keys"] for shard in figures["shards"].values()) == 90


@pytest.mark.parametrize(
    ("tamper", "kind"),
    [
        (lambda sent: [*sent, ("N1", b'{"id":3000,}')], "missing"),
        (lambda sent: sent[:-1], "altered"),
        (lambda sent: [("N0", b"other"), *sent[1:]], "altered"),
    ],
    ids=["one more was sent", "one less was sent", "another was sent"],
)
def test_what_is_wrong_ends_it_with_exit_code_1(
    run_demo: Demo, tamper: Callable[[Sent], Sent], kind: str
) -> None:
    ended = run_demo(tamper=tamper)
    assert ended.exit_code == 1
    assert f"WRONG: 1 {kind}, such as" in ended.stdout
    assert "Every one" not in ended.stdout


def test_it_begins_from_a_file_and_says_what_came_of_it(run_demo: Demo) -> None:
    told = run_demo("--stream", "planes").stdout
    assert told.startswith("stream.yaml:\n  name: planes ")
    assert "    write: [user/planes-writer] " in told
    assert re.search(r"Applied in \d+\.\d s: a stream of 8 shards, 3 policies, 9 alarms\.\n", told)
    assert "Planned again: nothing to change." in told


def test_it_ends_with_what_doctor_says(run_demo: Demo) -> None:
    told = run_demo().stdout.partition("shardline doctor flights:\n")[2]
    verdicts = re.findall(r"^(well   |unknown|WARNING|ILL    ) (.{24})\S", told, re.M)
    assert [title.strip() for _, title in verdicts] == list(SECTIONS.values())
    # The flights are in it, though their minute has not ended, and so are the two users
    assert "no readers in this time" not in told
    assert "0% of the write capacity" not in told
    assert "1 may read, 1 may write, 0 may manage" in told
    # What the machine's pace has no part in
    assert {verdicts[each][0].strip() for each in (0, 2, 3, 4)} == {"well"}


def test_a_name_that_is_none_is_told_as_in_a_file(run_demo: Demo) -> None:
    refused = run_demo("--stream", "no name")
    assert (refused.exit_code, "stream.yaml:1: name" in refused.stderr) == (1, True)
    assert not left_behind(refused)


@pytest.fixture
def given(server: OwnServer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments for a server that is there; its keys are in the environment."""
    target = server.target
    assert target.key is not None
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", target.key.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", target.key.secret)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return ["--endpoint", str(target.endpoint), "--stream", "from-demo", "--json"]


def test_a_server_that_is_given(
    run_demo: Demo, server: OwnServer, kinesis: Any, given: list[str]
) -> None:
    # When the demo has run on a server, then all that it made is gone again
    assert json.loads(run_demo(*given).stdout)["endpoint"] == server.target.endpoint
    assert "from-demo" not in kinesis.list_streams()["StreamNames"]
    iam = make_client(server.target, "iam")
    assert iam.list_users()["Users"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert make_client(server.target, "cloudwatch").describe_alarms()["MetricAlarms"] == []
    iam.close()
    # And a stream that is there is left alone
    kinesis.create_stream(StreamName="from-demo", ShardCount=1)
    refused = run_demo(*given)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "has a stream from-demo already" in refused.stderr
    assert "from-demo" in kinesis.list_streams()["StreamNames"]
    kinesis.delete_stream(StreamName="from-demo")


def test_a_user_that_is_there_is_left_alone(
    run_demo: Demo, server: OwnServer, kinesis: Any, given: list[str]
) -> None:
    iam = make_client(server.target, "iam")
    iam.create_user(UserName="from-demo-reader")
    refused = run_demo(*given)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "there is a user from-demo-reader already" in refused.stderr
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["from-demo-reader"]
    assert "from-demo" not in kinesis.list_streams()["StreamNames"]
    iam.delete_user(UserName="from-demo-reader")
    iam.close()


# The kept server outlives what started it, which is what Python warns of.
@pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Exception ignored in. <function Popen.__del__")
def test_a_kept_server_is_reached_by_the_lines_that_are_printed(run_demo: Demo) -> None:
    # Given a demo whose server was kept
    ended = run_demo("--keep")
    assert ended.exit_code == 0, ended.output
    blocks = ended.stdout.split("\n\n")
    to_try = "\n".join(block for block in blocks if "eval" in block or " plan " in block)
    to_stop = next(block for block in blocks if block.strip().startswith("kill"))
    try:
        # When the printed lines are run as they stand, then each works
        shell = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", to_try],
            env=bare_environment(),
            capture_output=True,
            text=True,
            timeout=60,
        )
        scaled = "flights: 1/1 scale shards\nflights: done\n"
        assert (shell.returncode, shell.stderr) == (0, scaled)
        assert '{"hello": "world"}' in shell.stdout
        assert "shardId-000000000009" in shell.stdout
        assert "scale   shards                        9 → 8" in shell.stdout
    finally:
        # And the last ones stop and remove everything
        subprocess.run(["bash", "-c", to_stop], check=True, timeout=20)
    assert not left_behind(ended)


def test_the_lines_for_a_server_of_ones_own_work(
    run_demo: Demo, server: OwnServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given what the demo says at its end, in a folder where the programs are called by their paths
    monkeypatch.chdir(tmp_path)
    blocks = run_demo().stdout.split("\n\n")
    to_try = next(block for block in blocks if "eval" in block)
    # When it is done in another terminal while a server runs, then each line works
    shell = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", to_try],
        env=bare_environment() | {"SHARDLINE_DATA_DIR": str(server.data_dir)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (shell.returncode, shell.stderr.splitlines()[-1]) == (0, "flights: done")
    assert '{"hello": "world"}' in shell.stdout.splitlines()[-1]
    # And the stream goes again, with all that was made around it
    gone = CliRunner().invoke(
        group,
        ["destroy", "--yes", "--with-records", "flights.yaml", "--data-dir", str(server.data_dir)],
    )
    assert gone.exit_code == 0, gone.output


def left_behind(ended: Result) -> list[str]:
    """The directories that the demo named and that still are there."""
    named = re.findall(r"\S+/shardline-demo-\w+", ended.output)
    return [path for path in named if Path(path).exists()]


@pytest.mark.slow
def test_ctrl_c_and_sigterm_leave_nothing(tmp_path: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        # Given a demo in the middle of its run
        environment = bare_environment() | {"TMPDIR": str(tmp_path)}
        process = subprocess.Popen(
            [sys.executable, "-m", "shardline", "demo"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stderr is not None
            while not process.stderr.readline().startswith("written"):
                assert process.poll() is None
            (directory,) = tmp_path.glob("shardline-demo-*")
            endpoint = node_target(directory / "data").endpoint
            # When it is told to end
            process.send_signal(number)
            process.communicate(timeout=30)
        # Then server and files are gone, and the exit code says that it was no success
        assert process.returncode != 0
        assert list(tmp_path.iterdir()) == []
        assert endpoint is not None
        with pytest.raises(Failure, match="nothing listens"):
            check_answers(endpoint)


def test_the_aws_program_is_there_for_the_printed_lines() -> None:
    assert shutil.which("aws", path=str(Path(sys.executable).parent))
