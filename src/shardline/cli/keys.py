"""`shardline keys`: the KMS keys in a server's catalog, which streams are encrypted with at rest.

The work is done by `shardline.cli.keystore`, so that the help loads no database.
"""

import json
from collections.abc import Callable
from functools import reduce
from typing import Any

import click

from shardline.cli import options

_WHERE = (
    options.data_dir,
    options.key_file,
    options.catalog_url,
    options.option("--account-id", help="The account of the key; the server's, if not given."),
    options.option("--region", help="The AWS region of the key; the server's, if not given."),
)
_key = click.argument("key")


def _where(function: Callable[..., None]) -> Callable[..., None]:
    """The options that say which key store is meant: a `Where`."""
    return reduce(lambda decorated, add: add(decorated), reversed(_WHERE), function)


@click.group("keys")
def command() -> None:
    """The KMS keys that encrypt streams at rest.

    alias/aws/kinesis needs no making: it is there when it is first used. The server of the data
    directory may run or not, but must have been started once; one that runs follows within a
    second. Gateways that share a --catalog have followed when the command ends. A KEY is the id of
    a key, its alias (alias/NAME), or the ARN of either.
    """


@command.command("create")
@click.option("--alias", metavar="NAME", help="A name to use it by: NAME or alias/NAME.")
@_where
def create(alias: str | None, **where: Any) -> None:
    """Make a key and print its id."""
    from shardline.cli.keystore import Where, create_key

    click.echo(create_key(Where(**where), alias))


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each key.")
@_where
def list_(as_json: bool, **where: Any) -> None:
    """List all keys, and how many streams use each.

    A stream uses a key as long as it may have records that are encrypted with it. --json gives the
    ARNs too.
    """
    from shardline.cli.keystore import Where, list_keys

    rows = list_keys(Where(**where))
    if as_json:
        for row in rows:
            click.echo(json.dumps(row))
        return
    for row in rows:
        streams = f"{row['streams']} stream{'' if row['streams'] == 1 else 's'}"
        click.echo("  ".join([row["id"], row["region"], row["state"], streams, row["alias"]]))


@command.command("disable")
@_key
@_where
def disable(key: str, **where: Any) -> None:
    """Switch a key off.

    Streams that are encrypted with it take no records, and those under it cannot be read.
    """
    from shardline.cli.keystore import Where, set_state

    set_state(Where(**where), key, "DISABLED")


@command.command("enable")
@_key
@_where
def enable(key: str, **where: Any) -> None:
    """Switch a key on, also one that is to be deleted."""
    from shardline.cli.keystore import Where, set_state

    set_state(Where(**where), key, "ENABLED")


@command.command("delete")
@_key
@click.option("--forever", is_flag=True, help="Delete the key, which must be pending deletion.")
@click.option(
    "--lose-records", is_flag=True, help="Do so although streams have records under the key."
)
@_where
def delete(key: str, forever: bool, lose_records: bool, **where: Any) -> None:
    """Delete a key in two steps; `enable` takes the first back.

    The first step marks it as pending deletion, when it works no more. The second, with --forever,
    deletes it: nobody can then read the records that are encrypted with it.
    """
    from shardline.cli.keystore import Where, delete_key, set_state

    if forever:
        delete_key(Where(**where), key, lose_records=lose_records)
    else:
        set_state(Where(**where), key, "PENDING_DELETION")
