"""Any identities can be stored after any others, and come back as they went in."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_counts import examples
from shardline.storage.catalog import SqlCatalog
from shardline.storage.identities import (
    AccessKey,
    Account,
    Group,
    Identities,
    ManagedPolicy,
    PolicyVersion,
    Role,
    User,
)
from shardline.storage.identity_port import IdentityChange

pytestmark = pytest.mark.slow

ACCOUNT = "000000000000"
texts = st.text(max_size=5)
numbers = st.integers(min_value=0, max_value=2**53)
pairs = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
many = st.lists(texts, max_size=3).map(tuple)


def keys_of(owner: str) -> Any:
    def made(ids: set[int]) -> Any:
        return st.tuples(*[
            st.builds(
                AccessKey,
                id=st.just(f"{owner}-{number}"),
                secret=st.binary(max_size=5),
                master=st.just("master"),
                active=st.booleans(),
                created_ms=st.just(number),
                last_used=st.none() | st.tuples(numbers, texts, texts),
            )
            for number in sorted(ids)
        ])  # fmt: skip

    return st.sets(st.integers(0, 3), max_size=2).flatmap(made)


def named(kind: Any, number: int, **more: Any) -> Any:
    return st.builds(
        kind,
        account=st.just(ACCOUNT),
        id=st.just(f"{kind.__name__}{number}"),
        name=st.just(f"Name{number}"),
        path=texts,
        created_ms=numbers,
        **more,
    )


def any_of(number: int) -> Any:
    policies = {"attached": many, "inline": pairs}
    limits = {"tags": pairs, "boundary": st.none() | texts}
    versions = st.lists(st.builds(PolicyVersion, numbers, texts, numbers), max_size=3).map(tuple)
    return st.one_of(
        named(User, number, groups=many, keys=keys_of(f"u{number}"), **policies, **limits),
        named(Group, number, **policies),
        named(
            Role,
            number,
            trust=texts,
            description=texts,
            max_session_s=numbers,
            last_used=st.none() | st.tuples(numbers, texts),
            **policies,
            **limits,
        ),
        named(
            ManagedPolicy,
            number,
            updated_ms=numbers,
            versions=versions,
            default=numbers,
            next_number=numbers,
            description=texts,
            tags=pairs,
        ),
    )


account = st.builds(Account, st.just(ACCOUNT), numbers, st.none() | texts, keys_of("root"))
changes = st.builds(
    IdentityChange,
    put=st.tuples(account, any_of(1), any_of(2), any_of(3)),
    removed=st.just(()) | st.tuples(any_of(1)) | st.tuples(any_of(2), any_of(3)),
)


@given(history=st.lists(changes, min_size=1, max_size=4))
@settings(max_examples=examples(50), deadline=None)
def test_any_identities_after_any_others(history: list[IdentityChange]) -> None:
    async def scenario() -> None:
        catalog = await SqlCatalog.open(None)
        known = Identities(Account(ACCOUNT, 0))
        for version, change in enumerate(history, 1):
            known = await catalog.change_identities(known, change)
            assert known.version == version
            assert await catalog.identities() == [known]
            assert known.account == change.put[0]
            kept = (*known.users, *known.groups, *known.roles, *known.policies)
            assert set(change.put[1:]) <= set(kept)
        await catalog.close()

    asyncio.run(scenario())
