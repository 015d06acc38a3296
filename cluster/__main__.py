"""The command line of `scripts/cluster`."""

import sys
import tempfile
from pathlib import Path

import click

from cluster import Missing
from cluster.machine import Machine

_DIRECTORY = Path(tempfile.gettempdir()) / "shardline-cluster"
_directory = click.option(
    "--directory",
    type=click.Path(path_type=Path),
    default=_DIRECTORY,
    show_default=True,
    help="Where everything lies.",
)


@click.group()
def main() -> None:
    """Three Kafka brokers, PostgreSQL and gateways of Shardline over them, on loopback."""


@main.command()
@_directory
@click.option("--port", default=19092, show_default=True, help="Of the first broker.")
@click.option(
    "--gateways",
    type=click.IntRange(0, 16),
    default=2,
    show_default=True,
    help="How many servers of Shardline.",
)
def start(directory: Path, port: int, gateways: int) -> None:
    """Start what is not running, and print the addresses.

    Kafka's brokers listen at --port and the five ports behind it, PostgreSQL at --port + 10, the
    gateways from --port + 20 on. What lies in the directory keeps the ports and the number of
    gateways it began with.
    """
    found = Machine.found(directory)
    machine = found or Machine(directory.absolute(), port, gateways)
    machine.start()
    _print(machine)


@main.command()
@_directory
@click.option("--keep", is_flag=True, help="Leave the data for the next start.")
def stop(directory: Path, keep: bool) -> None:
    """End everything, and remove the directory with all data."""
    machine = Machine.found(directory)
    if machine is not None:
        machine.stop(keep=keep)


@main.command()
@_directory
def status(directory: Path) -> None:
    """Say what runs; exits with 1 unless all of it does."""
    running = _the_one_in(directory).running()
    for name, lives in running.items():
        click.echo(f"{name}: {'running' if lives else 'stopped'}")
    sys.exit(not all(running.values()))


@main.command()
@_directory
def env(directory: Path) -> None:
    """Print the addresses for a shell: eval "$(scripts/cluster env)"."""
    _print(_the_one_in(directory))


def _the_one_in(directory: Path) -> Machine:
    machine = Machine.found(directory)
    if machine is None:
        raise OSError(f"no cluster in {directory}; begin with: scripts/cluster start")
    return machine


def _print(machine: Machine) -> None:
    for name, value in machine.addresses().items():
        click.echo(f"export {name}='{value}'")


if __name__ == "__main__":
    try:
        main(prog_name="scripts/cluster")
    except (Missing, OSError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
