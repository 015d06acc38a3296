"""What temporary credentials may do at most, whatever policies say.

The source is the IAM User Guide, "Permissions for GetSessionToken": "you cannot call any IAM API
operations unless MFA authentication information is included in the request" and "you cannot call
any STS API except AssumeRole or GetCallerIdentity". There is no MFA here. IAM was seen to answer
such a call with InvalidClientTokenId (cloudyr/aws.iam issue 15), and STS with AccessDenied and the
sentence below (aws/aws-sdk-php issue 1876), which a role's session gets for GetSessionToken too.
"""

from shardline.gateway import sigv4_errors
from shardline.gateway.errors import AccessDenied
from shardline.iam.identities.actors import Actor
from shardline.iam.policy.principals import Type

_STS_FOR_ALL = ("AssumeRole", "GetCallerIdentity")
_NEVER_IN_SESSIONS = ("GetSessionToken", "GetFederationToken")


def check_session(actor: Actor, service: str, operation: str) -> None:
    """Refuse what a session cannot do.

    Raises UnrecognizedClientException, AccessDeniedException.
    """
    if actor.session is None or service not in ("iam", "sts"):
        return
    of_role = actor.principal.type is Type.SESSION
    if service == "iam" and not of_role:
        raise sigv4_errors.unrecognized()
    if service == "sts" and (
        operation in _NEVER_IN_SESSIONS or (not of_role and operation not in _STS_FOR_ALL)
    ):
        raise AccessDenied(f"Cannot call {operation} with session credentials")
