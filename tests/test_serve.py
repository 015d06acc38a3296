"""`shardline serve`: its options, what it says, and what it refuses."""

import json
import os
import socket
import stat
import urllib.request
from pathlib import Path

import click.testing
import pytest

from serve_process import environment, logged, serving
from shardline.cli import group, serve
from shardline.cli import serving as running
from shardline.settings import NodeSettings, StreamAtStart

pytestmark = pytest.mark.slow


class Accepted(list[NodeSettings]):
    """Settings, and by how many workers they are served."""

    workers = 0


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> Accepted:
    """The settings that the command line would have served with."""
    for name in [name for name in os.environ if name.startswith("SHARDLINE_")]:
        monkeypatch.delenv(name)
    seen = Accepted()

    def run(settings: NodeSettings, workers: int) -> None:
        seen.append(settings)
        seen.workers = workers

    monkeypatch.setattr(running, "run", run)
    return seen


def invoke(*arguments: str, **env: str) -> click.testing.Result:
    return click.testing.CliRunner().invoke(group, ["serve", *arguments], env=env)


def test_the_defaults(accepted: Accepted) -> None:
    assert invoke(XDG_DATA_HOME="/data").exit_code == 0
    assert accepted.workers == 1
    assert accepted == [
        NodeSettings(
            data_dir=Path("/data/shardline"),
            host="127.0.0.1",
            port=4567,
            account="000000000000",
            region="us-east-1",
            memory_bytes=serve.MEMORY_BYTES,
        )
    ]


def test_all_options(accepted: Accepted, tmp_path: Path) -> None:
    result = invoke(
        *("--data-dir", str(tmp_path), "--host", "::1", "--port", "0", "--stream", "a"),
        *("--stream", "b.c:12", "--account-id", "123456789012", "--region", "eu-west-1"),
        *("--transition-ms", "250", "--workers", "64", "--tls-cert", "c.pem", "--tls-key", "k.pem"),
        *("--http-server", "granian", "--drain-s", "2", "--log-format", "json", "--limits", "aws"),
        *("--key-file", "key", "--alarm-topic", "ops=https://h/x?a=b", "--alarm-host", "H.org"),
        *("--key-file", "key", "--metrics-token", "0123456789abcdef"),
    )
    assert result.exit_code == 0, result.output
    assert accepted.workers == 64
    assert accepted == [
        NodeSettings(
            data_dir=tmp_path,
            host="::1",
            port=0,
            account="123456789012",
            region="eu-west-1",
            transition_ms=250,
            limits="aws",
            streams=(StreamAtStart("a", None), StreamAtStart("b.c", 12)),
            tls="files",
            tls_certificate=Path("c.pem"),
            tls_key=Path("k.pem"),
            key_file=Path("key"),
            alarm_topics=(("ops", "https://h/x?a=b"),),
            alarm_hosts=("h.org",),
            metrics_token="0123456789abcdef",
            http_server="granian",
            drain_s=2,
            memory_bytes=serve.MEMORY_BYTES,
            log_format="json",
        )
    ]


def test_all_variables(accepted: Accepted, tmp_path: Path) -> None:
    result = invoke(
        SHARDLINE_DATA_DIR=str(tmp_path),
        SHARDLINE_HOST="::1",
        SHARDLINE_PORT="1234",
        SHARDLINE_STREAM="a b:2",
        SHARDLINE_ACCOUNT_ID="123456789012",
        SHARDLINE_REGION="eu-west-1",
        SHARDLINE_TRANSITION_MS="250",
        SHARDLINE_WORKERS="2",
        SHARDLINE_LIMITS="aws",
        SHARDLINE_TLS="self-signed",
        SHARDLINE_HTTP_SERVER="granian",
        SHARDLINE_DRAIN_S="2",
        SHARDLINE_LOG_FORMAT="json",
        SHARDLINE_KEY_FILE="/etc/shardline/key",
        SHARDLINE_METRICS_TOKEN="0123456789abcdef",
        SHARDLINE_ROOT_ACCESS_KEY_ID="key",
        SHARDLINE_ROOT_SECRET_ACCESS_KEY="secret",
    )
    assert result.exit_code == 0, result.output
    assert accepted.workers == 2
    assert accepted == [
        NodeSettings(
            data_dir=tmp_path,
            host="::1",
            port=1234,
            account="123456789012",
            region="eu-west-1",
            transition_ms=250,
            limits="aws",
            streams=(StreamAtStart("a", None), StreamAtStart("b", 2)),
            root_key=("key", "secret"),
            key_file=Path("/etc/shardline/key"),
            metrics_token="0123456789abcdef",
            tls="self-signed",
            http_server="granian",
            drain_s=2,
            memory_bytes=serve.MEMORY_BYTES,
            log_format="json",
        )
    ]


def test_the_command_line_wins(accepted: Accepted) -> None:
    assert invoke("--port", "2", SHARDLINE_PORT="1").exit_code == 0
    assert accepted[0].port == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "65536"], "65536 is not in the range"),
        (["--port", "x"], "'x' is not a valid integer"),
        (["--host", ""], "give an address"),
        (["--stream", "a:0"], "'a:0' is not NAME or NAME:SHARDS, such as events:4"),
        (["--stream", "a:x"], "'a:x' is not NAME or NAME:SHARDS"),
        (["--stream", "a b"], "'a b' is no stream name"),
        (["--stream", ""], "is not NAME or NAME:SHARDS"),
        (["--stream", "a" * 129], "is no stream name"),
        (["--stream", "a:1", "--stream", "a:2"], "a stream is named twice"),
        (["--account-id", "12"], "'12' is not 12 digits"),
        (["--account-id", "٣" * 12], "is not 12 digits"),
        (["--region", "EU West"], "'EU West' is not a region such as us-east-1"),
        (["--transition-ms", "-1"], "-1 is not in the range"),
        (["--limits", "on"], "'on' is not one of 'counts', 'aws', 'off'"),
        (["--alarm-topic", "ops"], "'ops' is not NAME=URL, such as ops=https://host/hook"),
        (["--alarm-topic", "ops=ftp://host/"], "is not NAME=URL"),
        (["--alarm-topic", "=http://host/"], "is not NAME=URL"),
        (["--workers", "65"], "65 is not in the range"),
        (["--workers", "0"], "0 is not in the range"),
        (["--workers", "2", "--log", "kafka://broker/"], "start several servers instead"),
        (["--workers", "2", "--catalog", "postgresql://host/db"], "start several servers instead"),
        (["--log", "broker:9092"], "is no URL of Kafka, such as kafka://"),
        (["--log", "kafka://broker/?min_insync=4"], "needs more replicas than 3"),
        (["--log", "kafka://broker/?sasl=PLAIN&user=a"], "and SHARDLINE_KAFKA_PASSWORD"),
        (["--catalog", "mysql://host/"], "it is not a URL such as postgresql://"),
        (["--drain-s", "-1"], "-1 is not in the range"),
        (["--tls", "on"], "'on' is not one of 'off', 'self-signed'"),
        (["--tls-cert", "c.pem"], "--tls-cert and --tls-key go together"),
        (["--tls-key", "k.pem"], "--tls-cert and --tls-key go together"),
        (["--tls", "self-signed", "--tls-cert", "a", "--tls-key", "b"], "not both"),
        (["--http-server", "apache"], "'apache' is not one of"),
        (["--log-format", "xml"], "'xml' is not one of"),
        (["--data-dir", __file__], "is a file"),
        (["--no-such-option"], "No such option"),
        (["argument"], "unexpected extra argument"),
    ],
)
def test_a_mistake_of_usage(accepted: Accepted, arguments: list[str], said: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert result.stdout == ""
    assert accepted == []


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"SHARDLINE_PORT": "x"}, "'x' is not a valid integer"),
        ({"SHARDLINE_METRICS_TOKEN": "short"}, "give 16 to 256 visible ASCII characters"),
        ({"SHARDLINE_METRICS_TOKEN": "a blank in a token"}, "visible ASCII characters"),
        ({"SHARDLINE_ROOT_ACCESS_KEY_ID": "a"}, "SHARDLINE_ROOT_SECRET_ACCESS_KEY is not"),
        (
            {"SHARDLINE_ROOT_ACCESS_KEY_ID": "a/b", "SHARDLINE_ROOT_SECRET_ACCESS_KEY": "b"},
            "must be 1 to 128 letters",
        ),
    ],
)
def test_a_mistake_in_a_variable(accepted: Accepted, env: dict[str, str], said: str) -> None:
    result = invoke(**env)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert accepted == []


def test_a_token_is_not_shown_when_it_is_refused(accepted: Accepted) -> None:
    said = invoke(SHARDLINE_METRICS_TOKEN="too short").output
    assert "too short" not in said
    assert invoke(SHARDLINE_METRICS_TOKEN="").exit_code == 0
    assert accepted[0].metrics_token is None
    assert "0123456789abcdef" not in repr(NodeSettings(None, metrics_token="0123456789abcdef"))


def content(directory: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a directory, with its bytes and the time of its last change."""
    return {
        str(path.relative_to(directory)): (
            path.read_bytes() if path.is_file() else b"",
            path.stat().st_mtime_ns,
        )
        for path in sorted(directory.rglob("*"))
    }


def refused(*arguments: object, **env: str) -> str:
    """The one line with which a server refuses to start, by exit code 1."""
    with serving(*arguments, env=environment(**env), ready=False) as server:
        assert server.wait() == 1, server.errors
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""
    (line,) = server.errors
    assert line.startswith("shardline: ")
    return line


def test_a_server_says_on_one_line_that_it_is_ready(tmp_path: Path) -> None:
    with serving("--data-dir", tmp_path / "d", "--port", 0) as server:
        with urllib.request.urlopen(server.endpoint + "/_shardline/health", timeout=5) as answer:
            assert json.load(answer)["status"] == "ok"
        server.process.terminate()
        assert server.wait() == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""
    assert server.errors == []


def test_streams_from_the_start_are_there_once(tmp_path: Path) -> None:
    arguments = ("--data-dir", tmp_path, "--port", 0, "--stream", "a:3", "--stream", "b")
    for _ in range(2):
        with serving(*arguments) as server:
            kinesis = server.client()
            assert kinesis.list_streams()["StreamNames"] == ["a", "b"]
            summary = kinesis.describe_stream_summary(StreamName="a")["StreamDescriptionSummary"]
            assert (summary["StreamStatus"], summary["OpenShardCount"]) == ("ACTIVE", 3)
            assert len(kinesis.list_shards(StreamName="b")["Shards"]) == 4
            kinesis.close()


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for kind in ("h2corn", "granian"):
            line = refused("--data-dir", tmp_path, "--port", port, "--http-server", kind)
            assert f"cannot listen on 127.0.0.1 port {port} (Address already in use)" in line
            assert "choose a free --port" in line


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_a_host_that_is_not_ours(tmp_path: Path, host: str) -> None:
    tls = ("--tls", "self-signed")  # without it there would be a warning too
    assert f"cannot listen on {host}" in refused("--data-dir", tmp_path, "--host", host, *tls)


def test_a_second_server_on_one_data_directory(tmp_path: Path) -> None:
    with serving("--data-dir", tmp_path, "--port", 0) as first:
        line = refused("--data-dir", tmp_path, "--port", 0)
        assert f"in use by another server (pid {first.process.pid})" in line
        assert (tmp_path / "node.json").exists()


def test_a_data_directory_of_a_newer_version(tmp_path: Path) -> None:
    (tmp_path / "format").write_text('{"format": 99, "made_by": "shardline 9.0"}')
    before = content(tmp_path)
    assert "made by a newer Shardline (shardline 9.0, format 99)" in refused(
        "--data-dir", tmp_path, "--port", 0
    )
    assert content(tmp_path) == before


def test_a_directory_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    before = content(tmp_path)
    assert "not a data directory of Shardline" in refused("--data-dir", tmp_path, "--port", 0)
    assert content(tmp_path) == before


def test_an_unwritable_data_directory(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        place = Path("/proc/shardline")  # root may write anywhere but there
    else:
        place = tmp_path / "d"
        tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    line = refused("--data-dir", place, "--port", 0)
    assert f"the data directory {place} cannot be used" in line
    assert "another --data-dir" in line


@pytest.mark.parametrize("file", ["root-key", "catalog.db"])
def test_a_garbled_file(tmp_path: Path, file: str) -> None:
    with serving("--data-dir", tmp_path, "--port", 0) as server:
        server.process.terminate()
        assert server.wait() == 0
    (tmp_path / file).write_bytes(b"garbled" * 1000)
    (tmp_path / file).chmod(0o600)
    env = {"SHARDLINE_ROOT_ACCESS_KEY_ID": "", "SHARDLINE_ROOT_SECRET_ACCESS_KEY": ""}
    assert str(tmp_path / file) in refused("--data-dir", tmp_path, "--port", 0, **env)


def test_files_for_tls_that_are_not_there_or_wrong(tmp_path: Path) -> None:
    data = tmp_path / "data"
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("garbled")
    missing = tmp_path / "missing.pem"
    base = ("--data-dir", data, "--port", 0)
    line = refused(*base, "--tls-cert", missing, "--tls-key", wrong)
    assert f"cannot read the TLS file {missing}: No such file or directory" in line
    line = refused(*base, "--tls-cert", wrong, "--tls-key", wrong)
    assert "do not go together" in line
    assert "not encrypted" in line
    assert not data.exists()


def test_it_warns_of_listening_elsewhere_without_tls(tmp_path: Path) -> None:
    for host, tls, warned in (
        ("0.0.0.0", "off", True),
        ("0.0.0.0", "self-signed", False),
        ("localhost", "off", False),
    ):
        arguments = ("--data-dir", tmp_path, "--port", 0, "--host", host, "--tls", tls)
        with serving(*arguments) as server:
            assert "//127.0.0.1:" in server.endpoint
            server.process.terminate()
            assert server.wait() == 0
        assert [f"listening on {host} without TLS" in line for line in server.errors] == (
            [True] if warned else []
        )


def test_log_lines_are_json_when_asked(tmp_path: Path) -> None:
    arguments = ("--data-dir", tmp_path, "--port", 0, "--host", "0.0.0.0", "--log-format", "json")
    with serving(*arguments) as server:
        server.process.terminate()
        assert server.wait() == 0
    (line,) = logged(server)
    assert line.keys() == {"time", "level", "logger", "message"}
    assert (line["level"], line["logger"]) == ("warning", "shardline")
