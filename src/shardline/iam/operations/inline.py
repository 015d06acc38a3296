"""Inline policies of users, groups and roles: Put…Policy, Get…Policy, List…Policies, Delete…."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import answers, changes, documents, errors
from shardline.iam.operations.lookups import Holder, HolderKind
from shardline.iam.operations.paging import page
from shardline.storage.identity_port import IdentityChange

Call = Mapping[str, Any]


class InlinePolicies:
    """The operations on inline policies."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def put(self, kind: HolderKind, caller: Caller, call: Call) -> None:
        """Give an identity a policy of its own, in place of one of that name."""
        name, text = call["PolicyName"], call["PolicyDocument"]

        def decide(directory: Directory) -> IdentityChange:
            holder = kind.of(directory, call)
            documents.check_inline(kind, holder, name, text)
            inline = dict(holder.inline) | {name: text}
            return changes.put(replace(holder, inline=tuple(sorted(inline.items()))))

        await changes.change(self._book, caller.account, decide)

    async def get(self, kind: HolderKind, caller: Caller, call: Call) -> dict[str, Any]:
        """A policy of an identity's own, with its document."""
        holder = kind.of(self._book.directory(caller.account), call)
        text = _text_of(kind, holder, call["PolicyName"])
        return {
            kind.member: holder.name,
            "PolicyName": call["PolicyName"],
            "PolicyDocument": answers.document(text),
        }

    async def list_names(self, kind: HolderKind, caller: Caller, call: Call) -> dict[str, Any]:
        """The names of an identity's own policies."""
        holder = kind.of(self._book.directory(caller.account), call)
        told, rest = page(call, [name for name, _ in holder.inline], lambda name: (name,))
        return {"PolicyNames": list(told), **rest}

    async def delete(self, kind: HolderKind, caller: Caller, call: Call) -> None:
        """Take a policy of its own from an identity."""

        def decide(directory: Directory) -> IdentityChange:
            holder = kind.of(directory, call)
            _text_of(kind, holder, call["PolicyName"])
            left = tuple(each for each in holder.inline if each[0] != call["PolicyName"])
            return changes.put(replace(holder, inline=left))

        await changes.change(self._book, caller.account, decide)


def _text_of(kind: HolderKind, holder: Holder, name: str) -> str:
    for known, text in holder.inline:
        if known == name:
            return text
    raise errors.not_found(f"{kind.word} policy", name)
