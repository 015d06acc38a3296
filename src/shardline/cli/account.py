"""`shardline account`: further accounts of a server, each with a root key of its own.

The work is done by `shardline.cli.accounts`, so that the help loads no database.
"""

import json
import shlex
from collections.abc import Callable
from functools import reduce
from typing import Any

import click

from shardline.cli import options

_WHERE = (options.data_dir, options.key_file, options.catalog_url)
_account = click.argument("account_id")


def _where(function: Callable[..., None]) -> Callable[..., None]:
    return reduce(lambda decorated, add: add(decorated), reversed(_WHERE), function)


@click.group("account")
def command() -> None:
    """Further accounts, so that streams can be shared between accounts as on AWS.

    An ACCOUNT_ID is 12 digits. The server of the data directory may run or not, but must have been
    started once; one that runs follows within a second. Gateways that share a --catalog have
    followed when the command ends. The server's own account is not among these: its root key is
    what `shardline env` prints.
    """


@command.command("create")
@_account
@click.option("--json", "as_json", is_flag=True, help="Print the variables as a JSON object.")
@_where
def create(account_id: str, as_json: bool, **where: Any) -> None:
    """Make an account, and print its root key as lines for a shell.

    The secret is shown this once.
    """
    from shardline.cli.accounts import Where, create_account

    _print(create_account(account_id, Where(**where)), as_json)


@command.command("renew")
@_account
@click.option("--json", "as_json", is_flag=True, help="Print the variables as a JSON object.")
@_where
def renew(account_id: str, as_json: bool, **where: Any) -> None:
    """Give an account another root key, and print it; the one it has is no more."""
    from shardline.cli.accounts import Where, renew_root_key

    _print(renew_root_key(account_id, Where(**where)), as_json)


@command.command("list")
@_where
def list_(**where: Any) -> None:
    """List the accounts that have a root key here: their ids and access keys."""
    from shardline.cli.accounts import Where, list_accounts

    for account_id, access_key in list_accounts(Where(**where)):
        click.echo(f"{account_id}  {access_key}")


def _print(variables: dict[str, str], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(variables, indent=2))
        return
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
