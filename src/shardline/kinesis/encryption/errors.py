"""The KMS errors that operations on streams answer.

The codes are those of botocore's model of Kinesis. Of the sentences only two were seen quoted: `Key
'…' does not exist`, of KMS, and `Invalid keyId`, which may be moto's; the form of KMSAccessDenied
is that of a public quote (kinesalite's and others' issues). The others are written in KMS's manner,
and whether Kinesis hands KMS's on word by word is not known. KMSOptInRequired and
KMSThrottlingException are never answered: there is no subscription, and no rate, that a key here
could lack or exceed.
"""

from shardline.gateway.errors import ServiceError
from shardline.storage.entities import KmsKey


def unreadable(text: str) -> ServiceError:
    """A KeyId that is neither an id nor an alias, nor the ARN of one."""
    return ServiceError("KMSNotFoundException", f"Invalid keyId {text}")


def other_region(region: str) -> ServiceError:
    """The ARN of a key of another region than the stream's."""
    return ServiceError("KMSNotFoundException", f"Invalid arn {region}")


def key_not_found(arn: str) -> ServiceError:
    """There is no such key, or it was deleted."""
    return ServiceError("KMSNotFoundException", f"Key '{arn}' does not exist")


def alias_not_found(arn: str) -> ServiceError:
    """There is no such alias."""
    return ServiceError("KMSNotFoundException", f"Alias {arn} is not found.")


def data_key_not_found(name: str) -> ServiceError:
    """Records are under a data key of the stream that the catalog has not. The text is ours."""
    return ServiceError(
        "KMSNotFoundException", f"The data key of records in stream {name} does not exist"
    )


def disabled(arn: str) -> ServiceError:
    """The key is switched off."""
    return ServiceError("KMSDisabledException", f"{arn} is disabled.")


def pending_deletion(arn: str) -> ServiceError:
    """The key is about to be deleted."""
    return ServiceError("KMSInvalidStateException", f"{arn} is pending deletion.")


def damaged(arn: str) -> ServiceError:
    """The key, or what it wraps, is not what was stored. The text is ours."""
    return ServiceError("KMSInvalidStateException", f"{arn} cannot be used: it is damaged.")


def access_denied(caller: str, arn: str) -> ServiceError:
    """A key of another account: nothing allows its use. The sentence is IAM's (2022)."""
    return ServiceError(
        "KMSAccessDeniedException",
        f"User: {caller} is not authorized to perform: kms:GenerateDataKey on resource: {arn}",
    )


def check_usable(key: KmsKey, arn: str) -> None:
    """Raise the error of a key that is there and does not work."""
    if key.state == "DISABLED":
        raise disabled(arn)
    if key.state == "PENDING_DELETION":
        raise pending_deletion(arn)
