"""A change of an account's identities as the operations make it."""

from shardline.iam.identities.book import Decide, IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import errors
from shardline.storage.catalog_port import Conflict, IdentityChange
from shardline.storage.identities import Identity


async def change(book: IdentityBook, account: str, decide: Decide) -> Directory:
    """Change an account. Raises what `decide` raises, ConcurrentModification, `StorageError`."""
    try:
        return await book.change(account, decide)
    except Conflict as error:
        raise errors.concurrent_modification() from error


def put(*identities: Identity) -> IdentityChange:
    """Add these, or put them in the place of what has their ids."""
    return IdentityChange(put=identities)


def remove(identity: Identity) -> IdentityChange:
    """Take this one away."""
    return IdentityChange(removed=(identity,))


NOTHING = IdentityChange()
