"""The `shardline` command: one file per command, loaded only when it is called.

`shardline --help` answers in under 150 ms because this file imports click and nothing else; the
short help of each command stands here, so that listing them loads none of them.
"""

import importlib

import click

from shardline import __version__

COMMANDS = {
    "serve": "Run a server.",
    "env": "Print the lines that point `aws` and every SDK at a server.",
    "keys": "Make, list, disable and delete the KMS keys that encrypt streams at rest.",
    "account": "Make and list further accounts, to share streams with.",
    "put": "Put lines of a file, or of standard input, into a stream.",
    "tail": "Print the records of a stream, of all its shards.",
    "shards": "Draw the shards of a stream: their ranges and their lineage.",
    "doctor": "Say what is wrong with a stream, and what to do.",
    "where": "Say which shard a key goes to, or where a record is and when it is trimmed.",
    "report": "Show the metrics of a stream over time.",
    "new": "Ask what a stream should be, in plain words, and write stream.yaml.",
    "form": "Write a web page, usable offline, in which stream.yaml is filled in.",
    "schema": "Print the JSON Schema of stream.yaml.",
    "plan": "Show what `apply` would change.",
    "apply": "Make streams, and everything around them, as their files say.",
    "destroy": "Remove what `apply` made.",
    "autoscale": "Keep the number of shards where the load needs it.",
    "copy": "Copy streams with their records between servers and AWS.",
    "kafka": "Serve topics that are in Kafka already as streams, without moving anything.",
    "export": "Print a stream for CloudFormation or Terraform.",
    "demo": "Send 336,776 real flights through a stream and check every one.",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the table above."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and answer the command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"shardline.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their short help, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shardline")
def group() -> None:
    """Amazon Kinesis Data Streams that anyone can run.

    Every option can also be set by an environment variable: --data-dir by SHARDLINE_DATA_DIR, and
    so on.
    """


class Failure(click.ClickException):
    """Something went wrong that is no mistake of usage: one line, exit code 1."""

    def show(self, file: object = None) -> None:
        """Write the line to standard error."""
        click.echo(f"shardline: {self.message}", err=True)


def main() -> None:
    """Run the command line. Exit codes: 0 well, 1 a failure, 2 a mistake of usage."""
    group.main(prog_name="shardline")
