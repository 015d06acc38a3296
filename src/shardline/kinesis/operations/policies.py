"""Resource policies of streams and consumers: put, got, deleted. Who enforces evaluates them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.kinesis import messages
from shardline.kinesis.book import StreamBook
from shardline.kinesis.operations.resources import Resources
from shardline.storage.entities import Consumer, Stream

MAX_POLICY_BYTES = 20 * 1024
NO_POLICY = "{}"
"""What GetResourcePolicy answers where there is none (recorded by localstack's suite)."""

PolicyCheck = Callable[[str], None]
"""Raises ValueError, with the reason, for a text that is no policy of a resource of Kinesis."""


class Policies:
    """The operations on resource policies."""

    def __init__(self, book: StreamBook, check: PolicyCheck) -> None:
        self._resources = Resources(book)
        self._check = check

    async def put_resource_policy(self, caller: Caller, call: dict[str, Any]) -> None:
        """Give a resource a policy, in the place of the one it has.

        Raises InvalidArgumentException for what is none; AWS's text is not known.
        """
        resource = await self._resources.find(caller, call["ResourceARN"])
        policy = call["Policy"]
        if len(policy.encode()) > MAX_POLICY_BYTES:
            raise messages.invalid_argument(
                f"The resource policy is malformed: longer than {MAX_POLICY_BYTES} bytes"
            )
        try:
            self._check(policy)
        except ValueError as wrong:
            raise messages.invalid_argument(f"The resource policy is malformed: {wrong}") from wrong
        await self._resources.change(
            resource,
            "change_policy",
            lambda stream: replace(stream, policy=policy),
            lambda consumer: replace(consumer, policy=policy),
        )

    async def get_resource_policy(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """The policy of a resource, as it was put; an empty object if it has none."""
        resource = await self._resources.find(caller, call["ResourceARN"])
        return {"Policy": resource.itself.policy or NO_POLICY}

    async def delete_resource_policy(self, caller: Caller, call: dict[str, Any]) -> None:
        """Take a resource's policy away.

        Where there is none, AWS refuses; code and text are moto's.
        """
        arn = call["ResourceARN"]
        resource = await self._resources.find(caller, arn)

        def check(found: Stream | Consumer) -> None:
            if found.policy is None:
                raise messages.not_found(f"No resource policy found for resource ARN {arn}.")

        def of_stream(stream: Stream) -> Stream:
            check(stream)
            return replace(stream, policy=None)

        def of_consumer(consumer: Consumer) -> Consumer:
            check(consumer)
            return replace(consumer, policy=None)

        await self._resources.change(resource, "change_policy", of_stream, of_consumer)
