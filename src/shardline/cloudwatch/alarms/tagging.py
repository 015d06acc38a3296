"""AWS's operations on the tags of alarms, which are the only resources of CloudWatch here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shardline.cloudwatch.alarms.arns import alarm_named
from shardline.cloudwatch.alarms.book import AlarmBook
from shardline.cloudwatch.alarms.members import check_tags, refuse, tags_of
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller, Handler
from shardline.storage.alarm_entities import Alarm, AlarmKey


class AlarmTags:
    """The operations on tags."""

    def __init__(self, book: AlarmBook) -> None:
        self._book = book

    def handlers(self) -> Mapping[str, Handler]:
        """The operations by AWS's names."""
        return {
            "TagResource": self.tag_resource,
            "UntagResource": self.untag_resource,
            "ListTagsForResource": self.list_tags_for_resource,
        }

    async def tag_resource(self, caller: Caller, call: Mapping[str, Any]) -> dict[str, Any]:
        """Set tags of an alarm."""
        new = dict(tags_of(call["Tags"]))

        def tagged(tags: dict[str, str]) -> dict[str, str]:
            after = tags | new
            check_tags(after)
            return after

        return await self._change(caller, call, tagged)

    async def untag_resource(self, caller: Caller, call: Mapping[str, Any]) -> dict[str, Any]:
        """Take tags off an alarm; keys that are not there are passed over."""
        gone = set(call["TagKeys"])
        return await self._change(
            caller,
            call,
            lambda tags: {key: value for key, value in tags.items() if key not in gone},
        )

    async def list_tags_for_resource(
        self, caller: Caller, call: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The tags of an alarm, by key."""
        alarm = await self._book.find(_key(caller, call["ResourceARN"]))
        if alarm is None:
            raise _not_found(call["ResourceARN"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in alarm.tags]}

    async def _change(
        self,
        caller: Caller,
        call: Mapping[str, Any],
        change: Callable[[dict[str, str]], dict[str, str]],
    ) -> dict[str, Any]:
        def changed(alarm: Alarm) -> Alarm:
            return replace(alarm, tags=tuple(sorted(change(dict(alarm.tags)).items())))

        arn = call["ResourceARN"]
        if await self._book.configure(_key(caller, arn), changed) is None:
            raise _not_found(arn)
        return {}


def _key(caller: Caller, arn: str) -> AlarmKey:
    """What an ARN names. Only the caller's own alarms of this region can be found."""
    key = alarm_named(arn)
    if key is None:
        refuse(f"The value {arn} for parameter ResourceARN is invalid.", "InvalidParameterValue")
    if key[:2] != (caller.account, caller.region):
        raise _not_found(arn)
    return key


def _not_found(arn: str) -> ServiceError:
    return ServiceError(
        "ResourceNotFoundException",
        f"Resource {arn} does not exist",
        status=404,  # ours
    )
