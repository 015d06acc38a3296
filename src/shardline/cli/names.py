"""Names of AWS's that options give: of accounts, regions and streams."""

import re

import click

_REGION = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_STREAM = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
STREAM_RULE = "1 to 128 letters, digits and _ . -"


def is_stream_name(name: str) -> bool:
    """Whether a stream may have that name."""
    return _STREAM.fullmatch(name) is not None


def is_account(account_id: str) -> bool:
    """Whether it is an account's id."""
    return account_id.isascii() and account_id.isdigit() and len(account_id) == 12


def check_account(account_id: str) -> None:
    """Refuse what is no account's id."""
    if not is_account(account_id):
        raise click.BadParameter(f"{account_id!r} is not 12 digits", param_hint="--account-id")


def check_region(region: str) -> None:
    """Refuse what is no region's name."""
    if not _REGION.fullmatch(region):
        raise click.BadParameter(
            f"{region!r} is not a region such as us-east-1", param_hint="--region"
        )
