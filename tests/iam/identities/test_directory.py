"""An account's directory: what is found in it, and what its policies are compiled to."""

from dataclasses import replace

from iam_samples import ACCOUNT, KINESIS, document, trust
from shardline.iam.identities.directory import Directory
from shardline.iam.policy.evaluation import Policies, Request, evaluate
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.principals import Principal, Type
from shardline.storage.identities import (
    Account,
    Group,
    Identities,
    ManagedPolicy,
    PolicyVersion,
    Role,
    User,
)

POLICY = ManagedPolicy(
    ACCOUNT, "ANPA1", "put", "/app/", 1, 1, (PolicyVersion(1, document("s3:PutObject"), 1),)
)
GROUP = Group(ACCOUNT, "AGPA1", "ops", "/", 1, inline=(("g", document("sns:Publish")),))
USER = User(
    ACCOUNT,
    "AIDA1",
    "Ann",
    "/",
    1,
    boundary=KINESIS,
    attached=(KINESIS, POLICY.arn),
    inline=(("own", document("sqs:SendMessage")),),
    groups=("ops",),
)
ROLE = Role(ACCOUNT, "AROA1", "reader", "/", 1, trust())


def directory(before: Directory | None = None, **changes: object) -> Directory:
    have = Identities(Account(ACCOUNT, 1), 1, (USER,), (GROUP,), (ROLE,), (POLICY,))
    return Directory(replace(have, **changes), before)  # type: ignore[arg-type]


def test_names_are_found_whatever_their_case() -> None:
    have = directory()
    assert (have.user("aNN"), have.group("OPS"), have.role("Reader")) == (USER, GROUP, ROLE)
    assert (have.user("x"), have.group("x"), have.role("x")) == (None, None, None)
    assert have.policy(POLICY.arn) is POLICY
    assert have.policy(f"arn:aws:iam::{ACCOUNT}:policy/put") is None  # not its path
    assert have.policy(KINESIS) is not None
    assert have.role_of_id("AROA1") is ROLE
    assert have.groups_of(USER) == [GROUP]


def test_a_users_policies_are_its_own_and_its_groups() -> None:
    names = [policy.name for policy in directory().identity_policies(USER)]
    assert names == [KINESIS, POLICY.arn, "own", "g"]
    assert directory().identity_policies(ROLE) == ()


def test_what_did_not_change_keeps_its_compiled_policies_and_what_changed_has_others() -> None:
    # Given
    first = directory()
    old = first.identity_policies(USER)
    boundary, trusted = first.boundary(USER), first.trust(ROLE)
    # When the managed policy has another default version
    newer = replace(
        POLICY, versions=(*POLICY.versions, PolicyVersion(2, document("s3:*"), 2)), default=2
    )
    second = directory(first, policies=(newer,))
    # Then
    new = second.identity_policies(USER)
    assert [one is other for one, other in zip(old, new, strict=True)] == [True, False, True, True]
    assert second.boundary(USER) is boundary
    assert second.trust(ROLE) is trusted
    assert second.identity_policies(USER) is new
    assert directory(first, roles=(replace(ROLE, trust=trust("*")),)).trust(
        replace(ROLE, trust=trust("*"))
    ) is not trusted  # fmt: skip


def decision(have: Directory, user: User, action: str) -> bool:
    caller = Principal(Type.USER, "arn", ACCOUNT, user.id)
    policies = Policies(have.identity_policies(user), have.boundary(user))
    return evaluate(Request(caller, action, "*", {}), policies).is_allowed


def test_what_is_garbled_or_gone_allows_nothing() -> None:
    user = replace(USER, boundary=None)
    assert decision(directory(), user, "sns:Publish")
    for broken in (
        replace(user, inline=(("own", "{"),)),
        replace(user, attached=(f"arn:aws:iam::{ACCOUNT}:policy/gone",)),
        replace(user, boundary=f"arn:aws:iam::{ACCOUNT}:policy/gone"),
    ):
        assert not decision(directory(users=(broken,)), broken, "sns:Publish")
    assert directory().managed(Kind.SESSION, [KINESIS])[0].kind is Kind.SESSION
