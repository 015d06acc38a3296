"""What brings about each modelled error: by operation and error, the members of the call and what
IAM says. Texts are AWS's where the test of the operation names a source."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from iam_refusals.world import BUILT, World, errors_of, members_of
from iam_samples import ACCOUNT, KINESIS, document, long_document, new_name, trust
from shardline.storage.catalog_port import Conflict, NameTaken
from shardline.storage.record_log import WriteFailed

NOTHING = f"arn:aws:iam::{ACCOUNT}:policy/nothing"
NO_POLICY = f"arn:aws:iam::{ACCOUNT}:role/no-policy"
KINDS = ("User", "Group", "Role")


class Refused(NamedTuple):
    """A call that is about to be refused."""

    members: Mapping[str, Any]
    message: str


Situation = Callable[[World, str], Refused]
SITUATIONS: dict[tuple[str, str], Situation] = {}


def situation(error: str, operations: Iterable[str]) -> Callable[[Situation], Situation]:
    """Register what brings about an error of some operations."""
    names = list(operations)

    def register(made: Situation) -> Situation:
        for operation in names:
            assert (operation, error) not in SITUATIONS
            SITUATIONS[operation, error] = made
        return made

    return register


def with_error(error: str) -> list[str]:
    """The operations that are built and have an error in the model."""
    return [operation for operation in BUILT if error in errors_of(operation)]


def changes() -> list[str]:
    """The operations that are built and change something."""
    reading = ("Get", "List", "Simulate")
    return [each for each in BUILT if not each.startswith(reading) and each != "DeleteLoginProfile"]


# --- NoSuchEntity

_VERSIONS = ("DeletePolicyVersion", "GetPolicyVersion", "SetDefaultPolicyVersion")


def _missing(operation: str) -> tuple[dict[str, Any], str]:
    """Of what a call names, something that is not there."""
    members = members_of(operation)
    if operation == "CreateUser":
        where = f"Scope ARN: {NOTHING} does not exist or is not attachable."
        return {"PermissionsBoundary": NOTHING}, where
    if operation == "DeleteAccountAlias":
        return {"AccountAlias": "other"}, "The account alias other does not exist."
    for kind in KINDS:
        if f"{kind}Name" in members and not operation.startswith("Create"):
            return {f"{kind}Name": "nothing"}, _gone(kind)
    if operation == "CreateAccessKey":
        return {"UserName": "nothing"}, _gone("User")
    if "PolicySourceArn" in members:
        return {"PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/nothing"}, _gone("User")
    text = f"Policy {NOTHING} was not found."
    if operation in _VERSIONS:
        text = f"Policy {NOTHING} version v2 does not exist or is not attachable."
    return {"PolicyArn": NOTHING}, text


def _gone(kind: str) -> str:
    return f"The {kind.lower()} with name nothing cannot be found."


_NAMES_SOMETHING = [each for each in with_error("NoSuchEntityException") if each != "CreateGroup"]


@situation("NoSuchEntityException", _NAMES_SOMETHING)
def nothing_of_that_name(world: World, operation: str) -> Refused:
    members, message = _missing(operation)
    return Refused({**world.call(operation), **members}, message)


# --- EntityAlreadyExists


@situation("EntityAlreadyExistsException", ["CreateUser", "CreateGroup", "CreateRole"])
def a_name_that_is_taken(world: World, operation: str) -> Refused:
    kind = operation.removeprefix("Create")
    name = getattr(world, kind.lower()).upper()
    members = {**world.call(operation), f"{kind}Name": name}
    return Refused(members, f"{kind} with name {name} already exists.")


@situation("EntityAlreadyExistsException", ["UpdateUser", "UpdateGroup"])
def a_new_name_that_is_taken(world: World, operation: str) -> Refused:
    kind = operation.removeprefix("Update")
    taken = new_name("taken")
    getattr(world.iam, f"create_{kind.lower()}")(**{f"{kind}Name": taken})
    members = {**world.call(operation), f"New{kind}Name": taken}
    return Refused(members, f"{kind} with name {taken} already exists.")


@situation("EntityAlreadyExistsException", ["CreatePolicy"])
def a_policy_of_that_name(world: World, operation: str) -> Refused:
    name = world.policy.rpartition("/")[2]
    text = f"A policy called {name} already exists. Duplicate names are not allowed."
    return Refused({**world.call(operation), "PolicyName": name}, text)


@situation("EntityAlreadyExistsException", ["CreateAccountAlias"])
def an_alias_of_another_account(world: World, operation: str) -> Refused:
    _fail(world, NameTaken("account alias theirs"))
    return Refused({"AccountAlias": "theirs"}, "The account alias theirs already exists.")


# --- LimitExceeded


@situation("LimitExceededException", ["CreateUser", "CreateGroup", "CreateRole", "CreatePolicy"])
def one_more_than_an_account_has(world: World, operation: str) -> Refused:
    kind = operation.removeprefix("Create")
    plural = "Policies" if kind == "Policy" else f"{kind}s"
    module = f"shardline.iam.operations.{plural.lower()}"
    world.patch.setattr(f"{module}.MOST_{plural.upper()}", 1)
    return Refused(world.call(operation), f"Cannot exceed quota for {plural}PerAccount: 1")


@situation("LimitExceededException", ["CreateAccessKey"])
def a_third_key(world: World, operation: str) -> Refused:
    world.iam.create_access_key(UserName=world.user)
    return Refused(world.call(operation), "Cannot exceed quota for AccessKeysPerUser: 2")


@situation("LimitExceededException", ["AddUserToGroup"])
def an_eleventh_group(world: World, operation: str) -> Refused:
    world.patch.setattr("shardline.iam.operations.groups.MOST_GROUPS_OF_USER", 0)
    return Refused(world.call(operation), "Cannot exceed quota for GroupsPerUser: 0")


@situation("LimitExceededException", [f"Attach{kind}Policy" for kind in KINDS])
def an_eleventh_policy(world: World, operation: str) -> Refused:
    kind = operation.removeprefix("Attach").removesuffix("Policy")
    world.patch.setattr("shardline.iam.operations.attachments.MOST_ATTACHED", 0)
    return Refused(world.call(operation), f"Cannot exceed quota for PoliciesPer{kind}: 0")


@situation("LimitExceededException", [f"Put{kind}Policy" for kind in KINDS])
def policies_that_are_too_long_in_sum(world: World, operation: str) -> Refused:
    kind = operation.removeprefix("Put").removesuffix("Policy")
    most = {"User": 2048, "Group": 5120, "Role": 10240}[kind]
    name = getattr(world, kind.lower())
    text = f"Maximum policy size of {most} bytes exceeded for {kind.lower()} {name}"
    return Refused({**world.call(operation), "PolicyDocument": long_document(most + 1)}, text)


@situation("LimitExceededException", ["CreatePolicyVersion"])
def a_sixth_version(world: World, operation: str) -> Refused:
    for _ in range(3):
        world.iam.create_policy_version(PolicyArn=world.policy, PolicyDocument=document())
    text = "A managed policy can have up to 5 versions. Before you create a new version, you must "
    return Refused(world.call(operation), f"{text}delete an existing version.")


@situation("LimitExceededException", ["TagUser", "TagRole", "TagPolicy"])
def tags_of_which_there_are_too_many(world: World, operation: str) -> Refused:
    call = world.call(operation)
    method = getattr(world.iam, f"tag_{operation.removeprefix('Tag').lower()}")
    method(**{**call, "Tags": [{"Key": f"k{n}", "Value": ""} for n in range(50)]})
    return Refused(call, "The number of tags has reached the maximum limit.")


@situation("LimitExceededException", ["UpdateAssumeRolePolicy"])
def a_trust_policy_that_is_too_long(world: World, operation: str) -> Refused:
    text = trust({"Service": [f"{'x' * 100}{n}.amazonaws.com" for n in range(20)]})
    call = {**world.call(operation), "PolicyDocument": text}
    return Refused(call, "Cannot exceed quota for ACLSizePerRole: 2048")


# --- MalformedPolicyDocument, DeleteConflict


@situation("MalformedPolicyDocumentException", with_error("MalformedPolicyDocumentException"))
def what_is_no_policy(world: World, operation: str) -> Refused:
    trusts = operation in ("CreateRole", "UpdateAssumeRolePolicy")
    member = "AssumeRolePolicyDocument" if operation == "CreateRole" else "PolicyDocument"
    text = "This policy contains invalid Json" if trusts else "Syntax errors in policy."
    return Refused({**world.call(operation), member: "{"}, f"{text} (line 1, column 2)")


@situation("DeleteConflictException", ["DeleteUser"])
def a_user_with_a_key(world: World, operation: str) -> Refused:
    return Refused(world.call(operation), "Cannot delete entity, must delete access keys first.")


@situation("DeleteConflictException", ["DeleteGroup"])
def a_group_with_a_member(world: World, operation: str) -> Refused:
    world.iam.add_user_to_group(UserName=world.user, GroupName=world.group)
    text = "Cannot delete entity, must remove users from group first."
    return Refused(world.call(operation), text)


@situation("DeleteConflictException", ["DeleteRole"])
def a_role_with_a_policy(world: World, operation: str) -> Refused:
    world.iam.attach_role_policy(RoleName=world.role, PolicyArn=KINESIS)
    return Refused(world.call(operation), "Cannot delete entity, must detach all policies first.")


@situation("DeleteConflictException", ["DeletePolicy"])
def a_policy_that_is_attached(world: World, operation: str) -> Refused:
    world.iam.attach_role_policy(RoleName=world.role, PolicyArn=world.policy)
    return Refused(world.call(operation), "Cannot delete a policy attached to entities.")


@situation("DeleteConflictException", ["DeletePolicyVersion"])
def the_default_version(world: World, operation: str) -> Refused:
    members = {**world.call(operation), "VersionId": "v1"}
    return Refused(members, "Cannot delete the default version of a policy.")


# --- InvalidInput

_BY_ARN = [
    each
    for each in with_error("InvalidInputException")
    if "PolicyArn" in members_of(each) and each not in ("TagPolicy",)
]
_BOUNDARIES = ["PutRolePermissionsBoundary", "PutUserPermissionsBoundary"]


@situation("InvalidInputException", _BY_ARN)
def an_arn_of_something_else(world: World, operation: str) -> Refused:
    members = {**world.call(operation), "PolicyArn": NO_POLICY}
    return Refused(members, f"ARN {NO_POLICY} is not valid.")


@situation("InvalidInputException", [*_BOUNDARIES, "CreateUser"])
def a_boundary_that_is_no_policy(world: World, operation: str) -> Refused:
    members = {**world.call(operation), "PermissionsBoundary": NO_POLICY}
    return Refused(members, f"ARN {NO_POLICY} is not valid.")


@situation(
    "InvalidInputException", ["TagUser", "TagRole", "TagPolicy", "CreateRole", "CreatePolicy"]
)
def a_tag_that_is_there_twice(world: World, operation: str) -> Refused:
    members = {**world.call(operation), "Tags": [{"Key": "k", "Value": "v"}] * 2}
    hint = "" if "Policy" in operation else " Please note that Tag keys are case insensitive."
    return Refused(members, f"Duplicate tag keys found.{hint}")


@situation("InvalidInputException", ["UpdateAccessKey"])
def the_status_expired(world: World, operation: str) -> Refused:
    members = {**world.call(operation), "Status": "Expired"}
    return Refused(members, "An access key cannot be set to the status Expired.")


@situation(
    "InvalidInputException",
    [each for each in with_error("InvalidInputException") if "PolicyInputList" in members_of(each)],
)
def what_is_no_policy_to_simulate(world: World, operation: str) -> Refused:
    members = {**world.call(operation), "PolicyInputList": ["{"]}
    return Refused(members, "PolicyInputList.1: Syntax errors in policy. (line 1, column 2)")


# --- ConcurrentModification, ServiceFailure


def _fail(world: World, failure: Exception) -> None:
    async def fail(*_: Any, **__: Any) -> Any:
        raise failure

    world.patch.setattr(world.server.node.catalog, "change_identities", fail)


@situation("ConcurrentModificationException", with_error("ConcurrentModificationException"))
def others_are_first_again_and_again(world: World, operation: str) -> Refused:
    call = _that_changes_something(world, operation)
    _fail(world, Conflict("overtaken"))
    text = "The request was rejected because multiple requests to change this object were "
    rest = "submitted simultaneously. Wait a few minutes and submit your request again."
    return Refused(call, text + rest)


@situation("ServiceFailureException", changes())
def the_store_fails(world: World, operation: str) -> Refused:
    call = _that_changes_something(world, operation)
    _fail(world, WriteFailed("the disk is full"))
    text = "The request processing has failed because of an unknown error, exception or failure."
    return Refused(call, text)


def _that_changes_something(world: World, operation: str) -> dict[str, Any]:
    """A call that would succeed, and would not find everything as it wants it already."""
    call = world.ready(operation)
    if operation in ("UpdateUser", "UpdateGroup"):
        return {**call, "NewPath": "/new/"}
    if operation == "CreateAccountAlias":
        return {"AccountAlias": new_name("alias")}
    if operation == "RemoveUserFromGroup":
        world.iam.add_user_to_group(UserName=world.user, GroupName=world.group)
    if operation.endswith("PermissionsBoundary") and operation.startswith("Delete"):
        kind = operation.removeprefix("Delete").removesuffix("PermissionsBoundary")
        put = getattr(world.iam, f"put_{kind.lower()}_permissions_boundary")
        put(**call, PermissionsBoundary=world.policy)
    return call
