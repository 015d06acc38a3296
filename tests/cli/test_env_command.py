"""`shardline env`: what it prints, and that it makes nothing."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shardline.cli import group
from shardline.rootkey import load_or_create
from shardline.storage.datadir import DataDir, NodeInfo

KEY = ("AKIAEXAMPLE", "it's$ecret")


@pytest.fixture
def listening() -> Iterator[int]:
    """The port of something that listens, as a server would."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory with a root key, whose server does not run."""
    with DataDir.open(tmp_path / "data") as opened:
        load_or_create(opened.root_key, given=KEY)
    return tmp_path / "data"


def run_node(data_dir: Path, endpoint: str, tls_ca: str | None = None) -> None:
    info = NodeInfo(endpoint, "eu-west-1", "000000000000", tls_ca, os.getpid())
    DataDir(data_dir).write_node_file(info)


def env(data_dir: Path, *options: str) -> Result:
    return CliRunner().invoke(group, ["env", "--data-dir", str(data_dir), *options])


def evaluated(lines: str) -> dict[str, str]:
    """The variables of a shell that evaluated those lines."""
    script = f"{lines}\nenv -0"
    inherited = {"PATH": os.environ["PATH"], "AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "old"}
    shell = subprocess.run(["sh", "-c", script], env=inherited, capture_output=True, check=True)
    return dict(line.split("=", 1) for line in shell.stdout.decode().split("\0") if line)


def test_a_shell_is_set_up_for_the_running_server(data_dir: Path, listening: int) -> None:
    endpoint = f"http://127.0.0.1:{listening}"
    run_node(data_dir, endpoint)
    shell = evaluated(env(data_dir).stdout)
    assert shell["AWS_ENDPOINT_URL"] == endpoint
    assert (shell["AWS_ACCESS_KEY_ID"], shell["AWS_SECRET_ACCESS_KEY"]) == KEY
    assert shell["AWS_REGION"] == shell["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"} & set(shell)


def test_a_certificate_of_our_own_is_trusted(data_dir: Path, listening: int) -> None:
    run_node(data_dir, f"https://127.0.0.1:{listening}", "/data dir/ca.pem")
    shell = evaluated(env(data_dir).stdout)
    assert shell["AWS_CA_BUNDLE"] == shell["NODE_EXTRA_CA_CERTS"] == "/data dir/ca.pem"


def test_json_has_the_same_variables(data_dir: Path, listening: int) -> None:
    run_node(data_dir, f"http://127.0.0.1:{listening}")
    variables = json.loads(env(data_dir, "--json").stdout)
    shell = evaluated(env(data_dir).stdout)
    assert variables == {name: shell[name] for name in variables}


@pytest.mark.parametrize(
    ("endpoint", "wanted"),
    [
        ("http://127.0.0.1:{}", "http://127.0.0.1:9"),
        ("https://localhost:{}", "https://localhost:9"),
    ],
)
def test_a_port_takes_the_place_of_the_servers(
    data_dir: Path, listening: int, endpoint: str, wanted: str
) -> None:
    run_node(data_dir, endpoint.format(listening))
    variables = json.loads(env(data_dir, "--port", "9", "--json").stdout)
    assert variables["AWS_ENDPOINT_URL"] == wanted


def test_a_port_is_enough_where_no_server_runs(data_dir: Path) -> None:
    variables = json.loads(env(data_dir, "--port", "4567", "--json").stdout)
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4567"
    assert variables["AWS_ACCESS_KEY_ID"] == KEY[0]


def assert_one_line_and_nothing_made(result: Result, data_dir: Path, before: list[str]) -> None:
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1
    assert f"shardline serve --data-dir {data_dir}" in result.stderr
    assert (sorted(os.listdir(data_dir)) if data_dir.exists() else []) == before


def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert_one_line_and_nothing_made(env(nowhere), nowhere, [])


def test_without_a_root_key_none_is_made(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert_one_line_and_nothing_made(env(nowhere, "--port", "4567"), nowhere, [])


def test_a_server_that_was_killed_does_not_count(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    run_node(data_dir, f"http://127.0.0.1:{port}")
    before = sorted(os.listdir(data_dir))
    assert_one_line_and_nothing_made(env(data_dir), data_dir, before)


def test_a_root_key_that_others_can_read_is_refused(data_dir: Path) -> None:
    DataDir(data_dir).root_key.chmod(0o644)
    result = env(data_dir, "--port", "4567")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "chmod 600" in result.stderr
