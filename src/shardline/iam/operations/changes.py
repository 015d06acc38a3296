"""A change of an account's identities as the operations make it."""

import logging

from shardline.iam.identities.book import Decide, IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import errors
from shardline.storage.catalog_port import Conflict, NameTaken
from shardline.storage.identities import Identity
from shardline.storage.identity_port import IdentityChange
from shardline.storage.record_log import StorageError

log = logging.getLogger("shardline.iam")


async def change(book: IdentityBook, account: str, decide: Decide) -> Directory:
    """Change an account.

    Raises what `decide` raises, ConcurrentModification, ServiceFailure, and `NameTaken` for a name
    that is unique among all accounts.
    """
    try:
        return await book.change(account, decide)
    except NameTaken:
        raise
    except Conflict as error:
        raise errors.concurrent_modification() from error
    except StorageError as error:
        log.error("the identities of account %s could not be changed: %s", account, error)
        raise errors.service_failure() from error


def put(*identities: Identity) -> IdentityChange:
    """Add these, or put them in the place of what has their ids."""
    return IdentityChange(put=identities)


def remove(identity: Identity) -> IdentityChange:
    """Take this one away."""
    return IdentityChange(removed=(identity,))


NOTHING = IdentityChange()
