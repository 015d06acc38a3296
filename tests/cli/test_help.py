"""`shardline --help` answers quickly, since it loads nothing that is heavy."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from shardline.cli import COMMANDS, group

HEAVY = {
    "apsw",
    "asyncio",
    "boto3",
    "botocore",
    "cryptography",
    "msgspec",
    "prometheus_client",
    "pydantic",
    "rich",
    "sqlalchemy",
    "yaml",
}
TOLD = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "


def modules_of(*arguments: str) -> set[str]:
    """The modules that are loaded when the command line ends."""
    script = f"{TOLD}sys.argv[1:] = {list(arguments)!r}; from shardline.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "Usage: shardline" in ended.stdout
    return set(ended.stderr.split())


def test_help_loads_nothing_heavy() -> None:
    loaded = modules_of("--help")
    assert not HEAVY & loaded
    assert not {name for name in loaded if name.startswith("shardline.cli.")}


@pytest.mark.one_in(7)
@pytest.mark.parametrize(
    "command",
    [
        *("put", "tail", "demo", "env", "keys", "new", "form", "schema"),
        *("plan", "apply", "destroy", "autoscale", "export", "copy"),
    ],
)
def test_the_help_of_a_command_loads_neither_sdk_nor_tables(command: str) -> None:
    assert not {"boto3", "botocore", "pydantic", "rich", "sqlalchemy", "yaml"} & modules_of(
        command, "--help"
    )


def test_every_command_is_listed_and_explains_its_options() -> None:
    listing = CliRunner().invoke(group, ["--help"]).stdout
    for name in COMMANDS:
        assert f"\n  {name} " in listing
        command = group.get_command(None, name)  # type: ignore[attr-defined]
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert parameter.help, f"{name} {parameter.name}"
