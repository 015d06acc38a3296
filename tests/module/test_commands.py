"""`shardline plan`, `apply` and `destroy` as people and programs use them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from module_targets import Place, has_all
from shardline.cli import group
from shardline.module.artifact import schema
from shardline.module.target import Target

pytestmark = pytest.mark.slow

Run = Callable[..., Result]


@pytest.fixture
def run(place: Place, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command against a target. One endpoint for all APIs: Shardline needs to have all."""
    if place.server is not None and not has_all(place.server):
        pytest.skip("the server has not built all of IAM and CloudWatch that the module needs")
    monkeypatch.setenv("AWS_ENDPOINT_URL", place.target.endpoint or "")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    # Nothing is waited for in tests.
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(group, [str(each) for each in arguments])


@pytest.fixture
def file(tmp_path: Path, name: str) -> Path:
    """A file of a stream with a consumer."""
    path = tmp_path / "stream.yaml"
    path.write_text(f"name: {name}\nshards: 2\nretention: 48h\nconsumers: [billing]\n")
    return path


def test_plan_shows_what_apply_then_does(run: Run, file: Path, name: str) -> None:
    # Given a file, when it is planned
    planned = run("plan", file)

    # Then everything is there to read, in the width of a terminal
    assert planned.exit_code == 0
    assert planned.stdout.startswith(f"{name} in us-east-1 (http://127.0.0.1:")
    assert "  create  stream                        provisioned, 2 shards\n" in planned.stdout
    assert "  create  retention                     24h → 48h\n" in planned.stdout
    assert "  create  policy read                   10 actions\n" in planned.stdout
    assert "On AWS $" in planned.stdout
    assert max(map(len, planned.stdout.splitlines())) <= 80

    # And it is what is done
    applied = run("apply", file)
    assert applied.exit_code == 0
    assert applied.stdout == planned.stdout
    total = planned.stdout.count("\n  create")
    assert f"{name}: {total}/{total} create alarm" in applied.stderr
    again = run("apply", file)
    assert "  Nothing to change.\n" in again.stdout
    assert again.stderr == ""


def test_the_exit_code_tells_whether_there_is_something_to_change(run: Run, file: Path) -> None:
    assert run("plan", "--exit-code", file).exit_code == 3
    assert run("apply", file).exit_code == 0
    assert run("plan", "--exit-code", file).exit_code == 0


def test_the_plan_as_json_has_the_calls(run: Run, file: Path, name: str) -> None:
    planned = json.loads(run("plan", "--json", file).stdout)

    assert planned["name"] == name
    first = planned["changes"][0]
    assert (first["word"], first["what"]) == ("create", "stream")
    assert first["calls"][0]["operation"] == "CreateStream"
    assert planned["price"]["before"] is None
    assert planned["price"]["after"] > 20


def test_the_artifact_is_what_its_schema_says(run: Run, file: Path, name: str) -> None:
    made = run("apply", "--output", "-", file)

    artifact = json.loads(made.stdout)
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(artifact, schema())
    assert artifact["arn"].endswith(f":stream/{name}")
    assert artifact["endpoint"].startswith("http://127.0.0.1:")
    assert artifact["shards"] == {"open": 2, "owner": "config"}
    assert [each["name"] for each in artifact["consumers"]] == ["billing"]
    assert sorted(artifact["policies"]) == ["manage", "read", "write"]


def test_the_artifacts_of_several_files_are_a_list(run: Run, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(file.read_text().replace("name: ", "name: other-"))
    written = tmp_path / "made.json"

    assert run("apply", "--output", written, file, other).exit_code == 0

    names = [each["name"] for each in json.loads(written.read_text())]
    assert names[1] == f"other-{names[0]}"


def test_what_is_lost_is_asked_for(run: Run, file: Path) -> None:
    # Given a stream whose retention is to be shorter
    run("apply", file)
    file.write_text(file.read_text().replace("48h", "24h"))

    # When nobody is there to be asked, then nothing is done
    refused = run("apply", file)
    assert refused.exit_code == 1
    assert "! loses records older than 24h" in refused.stdout
    assert refused.stderr.startswith("shardline: This loses ")
    assert refused.stderr.endswith("Nobody is there to be asked: say --yes\n")
    assert run("plan", "--exit-code", file).exit_code == 3
    # And with --yes it is
    assert run("apply", "--yes", file).exit_code == 0
    assert run("plan", "--exit-code", file).exit_code == 0


def test_nothing_is_done_when_anything_is_wrong(
    run: Run, file: Path, tmp_path: Path, place: Place, name: str
) -> None:
    # Given a good file, and one with two mistakes
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: orders\nshards: 0\nretention: 12h\n")

    refused = run("apply", file, bad)

    # Then both are told, each in a line, and the good one has not been made
    assert refused.exit_code == 1
    assert refused.stderr.count("\n") == 2
    assert "bad.yaml:2: shards" in refused.stderr
    assert "bad.yaml:3: retention" in refused.stderr
    assert name not in place.target.kinesis.list_streams(Limit=1000)["StreamNames"]


def test_a_stream_of_somebody_else_is_refused_in_one_line(
    run: Run, file: Path, place: Place, name: str
) -> None:
    place.target.kinesis.create_stream(StreamName=name, ShardCount=1)

    for command in ("plan", "apply"):
        refused = run(command, file)
        assert refused.exit_code == 1
        assert refused.stderr == (
            f"shardline: {name}: the stream {name} is there already, and the module did not make "
            "it: take it over with --adopt, or choose another name\n"
        )
    assert run("destroy", "--yes", file).stderr == (
        f"shardline: {name}: the stream {name} was not made by the module: nothing is removed\n"
    )
    assert run("apply", "--adopt", file).exit_code == 0
    assert run("destroy", "--yes", file).exit_code == 0


def test_destroy_asks_and_keeps_records(run: Run, file: Path, place: Place, name: str) -> None:
    # Given a stream with a record
    run("apply", file)
    place.target.kinesis.put_record(StreamName=name, Data=b"x", PartitionKey="a")

    # Then it is refused until that is said, and until it is confirmed
    refused = run("destroy", "--yes", file)
    assert refused.exit_code == 1
    assert refused.stderr == (
        f"shardline: {name}: it has records inside of its retention: say --with-records to lose "
        "them\n"
    )
    asked = run("destroy", "--with-records", file)
    assert asked.exit_code == 1
    assert "Nobody is there to be asked: say --yes" in asked.stderr
    assert run("plan", "--exit-code", file).exit_code == 0
    gone = run("destroy", "--with-records", "--yes", file)
    assert gone.exit_code == 0
    assert "! loses its records, and the consumers\n" in gone.stdout
    again = run("destroy", file)
    assert again.exit_code == 0
    assert "Nothing to change." in again.stdout


def test_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    refused = run("plan", tmp_path / "none.yaml")

    assert refused.exit_code == 1
    assert refused.stderr.endswith("none.yaml: cannot be read: No such file or directory\n")


def test_the_scaler_says_what_it_decides_and_plan_shows_it(run: Run, file: Path, name: str) -> None:
    # Given a stream that is the scaler's, and new
    file.write_text(f"name: {name}\nshards: {{min: 2, max: 8}}\n")
    run("apply", file)
    said = "hold, 2 shards: 0% of the capacity is used; to shrink takes five hours of metrics"

    # Then each command says the same
    assert said in " ".join(run("plan", file).stdout.split())
    assert run("autoscale", "--once", file).stdout.endswith(f"Z {name}: {said}\n")
    decided = json.loads(run("autoscale", "--once", "--json", "--dry-run", file).stdout)
    assert decided["decision"]["word"] == "hold"
    assert decided["decision"]["numbers"]["changes_left"] == 10


def test_the_scaler_refuses_what_is_not_its_own(run: Run, file: Path, name: str) -> None:
    refused = run("autoscale", "--once", file)

    assert refused.exit_code == 1
    assert refused.stderr == (
        f"shardline: {name}: its shards are not the scaler's: "
        "write, for example, shards: {min: 2, max: 16}\n"
    )


def test_the_scaler_goes_on_until_it_is_stopped(
    run: Run, file: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a stream that goes away while the scaler runs, which is then stopped
    file.write_text(f"name: {name}\nshards: {{min: 2, max: 8}}\n")
    rounds = 0

    def sleep(seconds: float) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)

    stopped = run("autoscale", file)

    # Then it said so each time, and ended well
    assert stopped.exit_code == 0
    said = f"{name}: no decision: there is no such stream: `shardline apply` makes it"
    assert stopped.stdout.count(said) == 3
    assert stopped.stderr == "stopped\n"


def test_an_interrupted_apply_says_how_to_go_on(
    run: Run, file: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given somebody who stops it at the third call
    calls = 0
    call = Target.call

    def cut_off(self: Target, service: str, operation: str, **params: Any) -> dict[str, Any]:
        nonlocal calls
        calls += operation.startswith(("Create", "Increase", "Start"))
        if calls == 3:
            raise KeyboardInterrupt
        return call(self, service, operation, **params)

    monkeypatch.setattr(Target, "call", cut_off)
    stopped = run("apply", file)

    assert stopped.exit_code == 1
    assert stopped.stderr.endswith(
        f"shardline: {name}: interrupted; run it again to go on from there\n"
    )
    monkeypatch.setattr(Target, "call", call)
    assert run("apply", file).exit_code == 0
    assert run("plan", "--exit-code", file).exit_code == 0


def test_an_output_that_cannot_be_written_is_told_before_anything_is_made(
    run: Run, file: Path, tmp_path: Path
) -> None:
    refused = run("apply", "--output", tmp_path / "none" / "made.json", file)

    assert refused.exit_code == 1
    assert refused.stderr.endswith("made.json: there is no such directory\n")
    assert run("plan", "--exit-code", file).exit_code == 3
