"""Why nothing may be done: all reasons at once, each a line that says what would be right."""

from collections.abc import Iterator, Mapping

from shardline.module.actual import Actual
from shardline.module.alarms import alarms
from shardline.module.places import OWNER_TAG
from shardline.module.plan.access import grantees, tag_list
from shardline.module.plan.alarms import what_of
from shardline.module.plan.capacity import shards_after
from shardline.module.plan.changes import Call, Change
from shardline.module.policies import LONGEST_STREAM_NAME
from shardline.module.spec.wanted import WantedStream


def refusals(wanted: WantedStream, actual: Actual, *, adopt: bool) -> Iterator[str]:
    """Names that are too long or taken, and people who are not there."""
    if len(wanted.name) > LONGEST_STREAM_NAME:
        yield (
            f"the name has {len(wanted.name)} characters: with it the names of its IAM policies "
            f"would be too long, {LONGEST_STREAM_NAME} is the most"
        )
    if actual.stream is not None and actual.stream.status in ("CREATING", "DELETING"):
        yield f"the stream {wanted.name} is {actual.stream.status}: wait until that is over"
        return
    for what, tags in _others(wanted, actual):
        if not (adopt and actual.is_free(tags)):
            yield f"{what} is there already, {_whose(tags)}"
    created = {role.name for role in wanted.access.roles}
    for who in grantees(wanted):
        if who.kind == "role" and who.name not in created | actual.roles.keys():
            yield (
                f"there is no role {who.name}: create it, or write "
                f"{{role: {who.name}, trust: [WHO]}} and the module does"
            )
        if who.kind == "user" and who.name not in actual.users:
            yield f"there is no user {who.name}: create it, or leave it out"


def adoptions(wanted: WantedStream, actual: Actual) -> Iterator[Change]:
    """Take over what is there and nobody's. What it then is, the other changes say."""
    tag = {OWNER_TAG: f"{actual.place.region}/{actual.name}"}
    stream = actual.stream
    if stream is not None and actual.is_free(stream.tags):
        call = Call("kinesis", "AddTagsToStream", {"StreamName": wanted.name, "Tags": tag})
        yield Change("change", "stream", "nobody's", "the module's", (call,))
    for access, policy in actual.policies.items():
        if actual.is_free(policy.tags):
            params = {"PolicyArn": policy.arn, "Tags": tag_list(tag)}
            call = Call("iam", "TagPolicy", params)
            yield Change("change", f"policy {access}", "nobody's", "the module's", (call,))
    for name in _alarm_names(wanted, actual):
        alarm = actual.alarms[name]
        if actual.is_free(alarm.tags):
            call = Call(
                "cloudwatch", "TagResource", {"ResourceARN": alarm.arn, "Tags": tag_list(tag)}
            )
            yield Change("change", what_of(actual.name, name), "nobody's", "the module's", (call,))


def _others(wanted: WantedStream, actual: Actual) -> Iterator[tuple[str, Mapping[str, str]]]:
    """What is there under a name that is wanted and was not made by the module for this stream."""
    named: list[tuple[str, Mapping[str, str]]] = []
    if actual.stream is not None:
        named.append((f"the stream {wanted.name}", actual.stream.tags))
    named += [(f"the policy {each.name}", each.tags) for each in actual.policies.values()]
    named += [
        (f"the alarm {name}", actual.alarms[name].tags) for name in _alarm_names(wanted, actual)
    ]
    return ((what, tags) for what, tags in named if not actual.is_ours(tags))


def _alarm_names(wanted: WantedStream, actual: Actual) -> list[str]:
    names = [each["AlarmName"] for each in alarms(wanted, max(1, shards_after(wanted, actual)))]
    return [name for name in names if name in actual.alarms]


def _whose(tags: Mapping[str, str]) -> str:
    owner = tags.get(OWNER_TAG)
    if owner is None:
        return "and the module did not make it: take it over with --adopt, or choose another name"
    region, _, stream = owner.partition("/")
    return f"and belongs to the stream {stream} in {region}: choose another name"
