"""A reading that may fail, and says so instead of raising."""

from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from shardline.doctor.facts import Failed, Reading

T = TypeVar("T")


def attempt(call: str, read: Callable[[], T]) -> Reading[T]:
    """What `read` answers, or that it failed. `call` is the permission that it needs."""
    try:
        return read()
    except ClientError as error:
        return failed(call, error)
    except BotoCoreError as error:
        return Failed(call, type(error).__name__, str(error))
    except ResponseParserError:  # A page of whatever else answers there; it would fill the screen.
        return Failed(call, "ResponseParserError", "the answer is none of AWS's")


def failed(call: str, error: ClientError) -> Failed:
    """AWS's code and message."""
    said = error.response.get("Error", {})
    return Failed(call, said.get("Code", "an error without a code"), said.get("Message", ""))
