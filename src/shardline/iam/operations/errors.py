"""IAM's errors in IAM's words.

The texts were recorded from AWS, most by localstack's `tests/aws/services/iam/*.snapshot.json`,
others in public issues. The texts of `InvalidInput` for simulations are ours.
"""

from shardline.gateway.errors import AccessDenied, ServiceError
from shardline.gateway.types import Caller
from shardline.iam.policy.errors import MalformedPolicy


def no_such_entity(text: str) -> ServiceError:
    """404 NoSuchEntity."""
    return ServiceError("NoSuchEntity", text, status=404)


def not_found(noun: str, name: str) -> ServiceError:
    """A user, group or role (or an inline policy of one) that is not there."""
    return no_such_entity(f"The {noun} with name {name} cannot be found.")


def access_key_not_found(access_key: str) -> ServiceError:
    """No such access key of that user."""
    return no_such_entity(f"The Access Key with id {access_key} cannot be found.")


def policy_not_found(arn: str) -> ServiceError:
    """A managed policy that is not there, or not attached to what it is to be taken from."""
    return no_such_entity(f"Policy {arn} was not found.")


def not_attachable(arn: str) -> ServiceError:
    """A managed policy that is to be attached, and is not there."""
    return no_such_entity(f"Policy {arn} does not exist or is not attachable.")


def already_exists(noun: str, name: str) -> ServiceError:
    """409: the name is taken, in whatever case. `noun` has a capital letter."""
    return exists(f"{noun} with name {name} already exists.")


def exists(text: str) -> ServiceError:
    """409 EntityAlreadyExists."""
    return ServiceError("EntityAlreadyExists", text, status=409)


def delete_conflict(text: str) -> ServiceError:
    """409 DeleteConflict: something hangs on it."""
    return ServiceError("DeleteConflict", text, status=409)


def must_first(what: str) -> ServiceError:
    """409: an identity cannot be deleted before `what` was done."""
    return delete_conflict(f"Cannot delete entity, must {what} first.")


def limit_exceeded(text: str) -> ServiceError:
    """409 LimitExceeded."""
    return ServiceError("LimitExceeded", text, status=409)


def quota(name: str, most: int) -> ServiceError:
    """409: one more than a quota allows."""
    return limit_exceeded(f"Cannot exceed quota for {name}: {most}")


def invalid_input(text: str) -> ServiceError:
    """400 InvalidInput."""
    return ServiceError("InvalidInput", text)


def validation(text: str) -> ServiceError:
    """400 ValidationError, in a sentence that no constraint of the model makes."""
    return ServiceError("ValidationException", text)


def malformed(error: MalformedPolicy) -> ServiceError:
    """400: a document that is no policy; AWS's sentence, and behind it the place, which is ours."""
    return ServiceError("MalformedPolicyDocument", str(error))


def concurrent_modification() -> ServiceError:
    """409: others changed the account again and again. The text is the API reference's."""
    return ServiceError(
        "ConcurrentModification",
        "The request was rejected because multiple requests to change this object were submitted "
        "simultaneously. Wait a few minutes and submit your request again.",
        status=409,
    )


def service_failure() -> ServiceError:
    """500: the store failed, and nothing was changed. The text is the API reference's."""
    return ServiceError(
        "ServiceFailure",
        "The request processing has failed because of an unknown error, exception or failure.",
        status=500,
    )


def of_aws(caller: Caller, action: str, arn: str) -> ServiceError:
    """403: AWS's own policies are AWS's to change, even for root."""
    return AccessDenied(
        f"User: {caller.arn} is not authorized to perform: iam:{action} on resource: policy {arn}"
    )
