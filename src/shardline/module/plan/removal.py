"""What `destroy` does: remove what the module made for a stream, the stream last.

Until the stream itself goes nothing is lost that a second `apply` does not bring back.
"""

from collections.abc import Iterator

from shardline.module.actual import Actual, ActualPolicy
from shardline.module.plan.access import attachment, role_removal
from shardline.module.plan.alarms import what_of
from shardline.module.plan.changes import Call, Change, Plan
from shardline.module.policies import Access


def removal(actual: Actual) -> Plan:
    """Remove everything that the module made, and refuse a stream that it did not."""
    stream = actual.stream
    if stream is not None and not actual.is_ours(stream.tags):
        why = f"the stream {actual.name} was not made by the module: nothing is removed"
        return Plan(actual.name, refusals=(why,))
    return Plan(
        actual.name,
        (*_alarms(actual), *_policies(actual), *_roles(actual), *_stream(actual)),
    )


def _alarms(actual: Actual) -> Iterator[Change]:
    for name, alarm in sorted(actual.alarms.items()):
        if actual.is_ours(alarm.tags):
            call = Call("cloudwatch", "DeleteAlarms", {"AlarmNames": [name]})
            yield Change("remove", what_of(actual.name, name), "there", None, (call,))


def _policies(actual: Actual) -> Iterator[Change]:
    for access, policy in actual.policies.items():
        what = f"policy {access}"
        if not actual.is_ours(policy.tags):
            yield Change("leave", what, "there", None, note="not made by the module")
            continue
        names = [*(f"{each.kind} {each.name}" for each in policy.attached), *policy.groups]
        loses = f"what {', '.join(names)} may do" if names else ""
        calls = tuple(_policy_calls(actual, access, policy))
        yield Change("remove", what, "there", None, calls, loses=loses)


def _policy_calls(actual: Actual, access: Access, policy: ActualPolicy) -> Iterator[Call]:
    """IAM deletes a policy that nobody has and that has one version."""
    for who in policy.attached:
        yield attachment(actual, access, who, "Detach")
    for group in policy.groups:
        yield Call("iam", "DetachGroupPolicy", {"GroupName": group, "PolicyArn": policy.arn})
    for version in policy.versions:
        if version != policy.default_version:
            params = {"PolicyArn": policy.arn, "VersionId": version}
            yield Call("iam", "DeletePolicyVersion", params)
    yield Call("iam", "DeletePolicy", {"PolicyArn": policy.arn})


def _roles(actual: Actual) -> Iterator[Change]:
    for _, role in sorted(actual.roles.items()):
        if actual.is_ours(role.tags):
            yield role_removal(actual, role)


def _stream(actual: Actual) -> Iterator[Change]:
    if actual.stream is None or actual.stream.status == "DELETING":
        return
    consumers = [each.name for each in actual.stream.consumers]
    loses = "its records"
    if consumers:
        loses += f", and the consumers {', '.join(consumers)}"
    params = {"StreamName": actual.name, "EnforceConsumerDeletion": True}
    call = Call("kinesis", "DeleteStream", params)
    yield Change("remove", "stream", "there", None, (call,), loses=loses)
