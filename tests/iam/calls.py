"""What a call by boto3 is answered with, in few words."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


def code_of(call: Callable[..., Any], **members: Any) -> str:
    """The code of the error that a call is answered with; "" if it succeeds."""
    return error_of(call, **members)[0]


def error_of(call: Callable[..., Any], **members: Any) -> tuple[str, str]:
    """Code and message of the error that a call is answered with; two empty texts without one."""
    try:
        call(**members)
    except ClientError as error:
        return str(error.response["Error"]["Code"]), str(error.response["Error"]["Message"])
    return "", ""
