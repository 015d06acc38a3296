"""The IAM API as the gateway serves it: every operation that is built, by AWS's name."""

from functools import partial

from shardline.gateway.model import load_service
from shardline.gateway.types import Api, Handler
from shardline.iam.identities.book import IdentityBook
from shardline.iam.operations.absent import OF_USERS, Absent
from shardline.iam.operations.access_keys import AccessKeys
from shardline.iam.operations.account import AccountOperations
from shardline.iam.operations.attachments import Attachments
from shardline.iam.operations.authorization_details import AuthorizationDetails
from shardline.iam.operations.boundaries import Boundaries
from shardline.iam.operations.groups import Groups
from shardline.iam.operations.inline import InlinePolicies
from shardline.iam.operations.lookups import GROUP, HOLDERS
from shardline.iam.operations.policies import Policies
from shardline.iam.operations.policy_versions import PolicyVersions
from shardline.iam.operations.roles import Roles
from shardline.iam.operations.simulating import Simulating
from shardline.iam.operations.tagging import TAGGED, Tagging
from shardline.iam.operations.users import Users
from shardline.masterkey import MasterKey


def iam_api(book: IdentityBook, master: MasterKey) -> Api:
    """Put the operations together. `master` wraps the secrets of access keys."""
    users, groups, roles = Users(book), Groups(book), Roles(book)
    keys, account = AccessKeys(book, master), AccountOperations(book)
    policies, versions = Policies(book), PolicyVersions(book)
    simulating = Simulating(book)
    handlers: dict[str, Handler] = {
        "CreateUser": users.create_user,
        "GetUser": users.get_user,
        "ListUsers": users.list_users,
        "UpdateUser": users.update_user,
        "DeleteUser": users.delete_user,
        "CreateAccessKey": keys.create_access_key,
        "ListAccessKeys": keys.list_access_keys,
        "UpdateAccessKey": keys.update_access_key,
        "DeleteAccessKey": keys.delete_access_key,
        "GetAccessKeyLastUsed": keys.get_access_key_last_used,
        "CreateGroup": groups.create_group,
        "GetGroup": groups.get_group,
        "ListGroups": groups.list_groups,
        "ListGroupsForUser": groups.list_groups_for_user,
        "UpdateGroup": groups.update_group,
        "DeleteGroup": groups.delete_group,
        "AddUserToGroup": groups.add_user_to_group,
        "RemoveUserFromGroup": groups.remove_user_from_group,
        "CreateRole": roles.create_role,
        "GetRole": roles.get_role,
        "ListRoles": roles.list_roles,
        "UpdateRole": roles.update_role,
        "UpdateRoleDescription": roles.update_role_description,
        "UpdateAssumeRolePolicy": roles.update_assume_role_policy,
        "DeleteRole": roles.delete_role,
        "CreatePolicy": policies.create_policy,
        "GetPolicy": policies.get_policy,
        "ListPolicies": policies.list_policies,
        "DeletePolicy": policies.delete_policy,
        "CreatePolicyVersion": versions.create_policy_version,
        "GetPolicyVersion": versions.get_policy_version,
        "ListPolicyVersions": versions.list_policy_versions,
        "SetDefaultPolicyVersion": versions.set_default_policy_version,
        "DeletePolicyVersion": versions.delete_policy_version,
        "CreateAccountAlias": account.create_account_alias,
        "DeleteAccountAlias": account.delete_account_alias,
        "ListAccountAliases": account.list_account_aliases,
        "GetAccountSummary": account.get_account_summary,
        "GetAccountAuthorizationDetails": AuthorizationDetails(
            book
        ).get_account_authorization_details,
        "GetContextKeysForCustomPolicy": simulating.get_context_keys_for_custom_policy,
        "GetContextKeysForPrincipalPolicy": simulating.get_context_keys_for_principal_policy,
        "SimulateCustomPolicy": simulating.simulate_custom_policy,
        "SimulatePrincipalPolicy": simulating.simulate_principal_policy,
        **_of_holders(book),
        **_of_tagged(book),
        **_absent(book),
    }
    return Api(load_service("iam"), handlers)


def _of_holders(book: IdentityBook) -> dict[str, Handler]:
    """What users, groups and roles have alike: policies and boundaries."""
    inline, attachments, boundaries = InlinePolicies(book), Attachments(book), Boundaries(book)
    handlers: dict[str, Handler] = {
        "ListEntitiesForPolicy": attachments.list_entities_for_policy,
    }
    for kind in HOLDERS:
        noun = kind.noun
        handlers |= {
            f"Put{noun}Policy": partial(inline.put, kind),
            f"Get{noun}Policy": partial(inline.get, kind),
            f"List{noun}Policies": partial(inline.list_names, kind),
            f"Delete{noun}Policy": partial(inline.delete, kind),
            f"Attach{noun}Policy": partial(attachments.attach, kind),
            f"Detach{noun}Policy": partial(attachments.detach, kind),
            f"ListAttached{noun}Policies": partial(attachments.list_attached, kind),
        }
        if kind is not GROUP:
            handlers[f"Put{noun}PermissionsBoundary"] = partial(boundaries.put, kind)
            handlers[f"Delete{noun}PermissionsBoundary"] = partial(boundaries.delete, kind)
    return handlers


def _of_tagged(book: IdentityBook) -> dict[str, Handler]:
    tagging = Tagging(book)
    handlers: dict[str, Handler] = {}
    for kind in TAGGED:
        handlers |= {
            f"Tag{kind.noun}": partial(tagging.tag, kind),
            f"Untag{kind.noun}": partial(tagging.untag, kind),
            f"List{kind.noun}Tags": partial(tagging.list_tags, kind),
        }
    return handlers


def _absent(book: IdentityBook) -> dict[str, Handler]:
    absent = Absent(book)
    return {
        **{name: partial(absent.none_of_user, member) for name, member in OF_USERS.items()},
        "ListInstanceProfilesForRole": absent.list_instance_profiles_for_role,
        "GetLoginProfile": absent.login_profile,
        "DeleteLoginProfile": absent.login_profile,
    }
