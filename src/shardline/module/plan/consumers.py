"""The changes of the registered consumers."""

from collections.abc import Iterator

from shardline.module.actual import Actual
from shardline.module.places import owner_tag
from shardline.module.plan.changes import Call, Change
from shardline.module.spec.wanted import WantedStream


def consumer_changes(wanted: WantedStream, actual: Actual) -> Iterator[Change]:
    """Register those that are missing, deregister those that the module registered and that are no
    longer wanted. An application may have registered others: those are its own."""
    there = {each.name: each for each in (actual.stream.consumers if actual.stream else ())}
    for name in wanted.consumers:
        if name in there and there[name].status != "DELETING":
            continue
        params = {
            "StreamARN": actual.place.stream(wanted.name),
            "ConsumerName": name,
            "Tags": owner_tag(actual.place, wanted.name),
        }
        call = Call("kinesis", "RegisterStreamConsumer", params)
        yield Change("create", f"consumer {name}", None, "registered", (call,))
    for name in sorted(there.keys() - set(wanted.consumers)):
        consumer = there[name]
        if actual.is_ours(consumer.tags):
            params = {"ConsumerARN": consumer.arn}
            call = Call("kinesis", "DeregisterStreamConsumer", params)
            yield Change(
                "remove",
                f"consumer {name}",
                "registered",
                None,
                (call,),
                loses="its readers' calls",
            )
        else:
            note = "registered by somebody else"
            yield Change("leave", f"consumer {name}", "registered", None, note=note)
