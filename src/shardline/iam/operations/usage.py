"""Who uses a managed policy: as a policy of its own, or as its boundary. Pure."""

from collections import Counter
from collections.abc import Mapping

from shardline.iam.identities.directory import Directory
from shardline.iam.operations.lookups import Holder, holders
from shardline.storage.identities import Group

Usage = Mapping[str, tuple[int, int]]
"""By ARN: of how many identities it is a policy, and of how many the boundary."""


def boundary_of(holder: Holder) -> str | None:
    """The boundary of a user or role; a group has none."""
    return None if isinstance(holder, Group) else holder.boundary


def usage(directory: Directory) -> Usage:
    """How the account's identities use policies; those that nobody uses are not in it."""
    attached: Counter[str] = Counter()
    boundaries: Counter[str] = Counter()
    for holder in holders(directory):
        attached.update(holder.attached)
        arn = boundary_of(holder)
        if arn is not None:
            boundaries[arn] += 1
    return {arn: (attached[arn], boundaries[arn]) for arn in attached | boundaries}
