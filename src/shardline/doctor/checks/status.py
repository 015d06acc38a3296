"""Stream not active: its status, what that waits for, its consumers, its key."""

from collections.abc import Iterator

from shardline.doctor.facts import Facts, Failed, Stream
from shardline.doctor.findings import Finding, Section, Verdict
from shardline.doctor.words import aws, clock, listed, plural, span
from shardline.module.scaling.history import History

LONG_S = {"CREATING": 600, "UPDATING": 1800, "DELETING": 600}
"""Longer in a status than this is ill. Ours: AWS says "a few minutes" for a large reshard."""
_WAITS_FOR = {
    "CREATING": "its shards are being made; AWS needs seconds to a minute",
    "UPDATING": "a change is being carried out: of shards, retention, mode, monitoring, record "
    "size or encryption. A reshard takes AWS about half a minute for each shard",
    "DELETING": "its shards and consumers are being removed; it cannot be brought back",
}
_MEANWHILE = {
    "CREATING": "Nothing can be put or read until it is ACTIVE.",
    "UPDATING": "Puts and reads go on; every other change of it is refused with "
    "ResourceInUseException.",
    "DELETING": "Puts and reads are refused. To have the name again, create it when it is gone.",
}


def check(facts: Facts) -> Section:
    """The section."""
    stream = facts.stream
    if isinstance(stream, Failed):
        return Section("status", (_unread(facts, stream),), "")
    findings = [*_status(facts, stream), *_consumers(facts), *_key(facts, stream)]
    consumers = "" if isinstance(facts.consumers, Failed) else _counted(len(facts.consumers))
    encrypted = f", encrypted with {stream.key}" if stream.key else ""
    summary = f"{stream.status}, {plural(stream.open_shards, 'open shard')}{consumers}{encrypted}"
    return Section("status", tuple(findings), summary, commands=_commands(facts))


def _counted(consumers: int) -> str:
    return f", {plural(consumers, 'consumer')}" if consumers else ""


def _commands(facts: Facts) -> tuple[str, ...]:
    named = ("kinesis", "describe-stream", "--stream-name", facts.name, "--query")
    fields = ("StreamStatus", "RetentionPeriodHours", "Shards")
    # As runbooks write them: the quotes are not needed by a shell, and do no harm.
    return tuple(f"{aws(*named)} 'StreamDescription.{field}'" for field in fields)


def _unread(facts: Facts, failed: Failed) -> Finding:
    if failed.code == "ResourceNotFoundException":
        return Finding(
            "no-stream",
            Verdict.ILL,
            f"there is no stream {facts.name} here",
            (str(failed),),
            "Look whether it has another name, or is in another region or account.",
            (aws("kinesis", "list-streams"), aws("sts", "get-caller-identity")),
        )
    return Finding(
        "unknown",
        Verdict.UNKNOWN,
        f"the stream cannot be read: {failed}",
        (failed.message,) if failed.message else (),
        f"Give the caller {failed.call} on the stream.",
        (aws("sts", "get-caller-identity"),),
    )


def _since(facts: Facts, stream: Stream) -> int | None:
    """Since when, if that can be known: from the creation, the newest shards, the scaler's tag."""
    if stream.status == "CREATING":
        return stream.created_s
    if stream.status != "UPDATING":
        return None
    known = [] if isinstance(facts.tags, Failed) else [*History.of_tags(facts.tags).changes]
    known += [shard.created_s for shard in facts.open_shards if shard.created_s is not None]
    past = [at for at in known if stream.created_s + 1 < at <= facts.now_s]
    return max(past, default=None)


def _status(facts: Facts, stream: Stream) -> Iterator[Finding]:
    if stream.status == "ACTIVE":
        return
    since = _since(facts, stream)
    long_s = LONG_S.get(stream.status, 0)
    is_long = since is not None and facts.now_s - since > long_s
    when = "since when is not known: no API of Kinesis tells it"
    line = f"the stream is {stream.status}"
    if since is not None:
        lasted = span(facts.now_s - since)
        line += f", for {lasted} or less" if stream.status == "UPDATING" else f", for {lasted}"
        when = f"at the earliest since {clock(since)}"
    remedy = _MEANWHILE.get(stream.status, "")
    if is_long:
        line += f"; {span(long_s)} is long"
        remedy += " It has been long: on AWS, open a support case with its ARN; on a server of "
        remedy += "yours, read its log, and see --transition-ms."
    named = ("--stream-name", facts.name)
    yield Finding(
        "status",
        Verdict.ILL if is_long or stream.status == "DELETING" else Verdict.WARNING,
        line,
        (_WAITS_FOR.get(stream.status, "a status that doctor does not know"), when),
        remedy,
        (
            aws("kinesis", "describe-stream", *named, "--query")
            + " 'StreamDescription.StreamStatus'",
            *(
                (aws("kinesis", "wait", "stream-exists", *named),)
                if stream.status != "DELETING"
                else ()
            ),
        ),
    )


def _consumers(facts: Facts) -> Iterator[Finding]:
    if isinstance(facts.consumers, Failed):
        line = f"consumers are not known: {facts.consumers}"
        yield Finding("unknown", Verdict.UNKNOWN, line)
        return
    waiting = [each for each in facts.consumers if each.status != "ACTIVE"]
    if waiting:
        yield Finding(
            "consumer-not-active",
            Verdict.WARNING,
            f"{plural(len(waiting), 'consumer')} not ACTIVE: "
            + listed([f"{each.name} ({each.status})" for each in waiting]),
            tuple(each.arn for each in waiting),
            "SubscribeToShard is refused until a consumer is ACTIVE, which takes seconds.",
            tuple(
                aws("kinesis", "describe-stream-consumer", "--consumer-arn", each.arn)
                for each in waiting[:3]
            ),
        )


def _key(facts: Facts, stream: Stream) -> Iterator[Finding]:
    if stream.key is None:
        return
    commands = (aws("kms", "describe-key", "--key-id", stream.key),)
    refused = _kms_refusal(facts)
    if refused is not None:
        yield Finding(
            "key",
            Verdict.ILL,
            f"the stream's KMS key cannot be used: {refused.code}",
            (str(refused), f"key: {stream.key}"),
            "Enable the key, or let the callers use it; puts and reads fail until then.",
            commands if facts.is_aws else (),
        )
    elif isinstance(facts.key_state, Failed):
        line = f"the state of the KMS key is not known: {facts.key_state}"
        yield Finding("unknown", Verdict.UNKNOWN, line, commands=commands)
    elif facts.key_state not in (None, "Enabled"):
        yield Finding(
            "key",
            Verdict.ILL,
            f"the stream's KMS key is {facts.key_state}",
            (f"key: {stream.key}",),
            "Puts and reads fail until the key is enabled again; one that is to be deleted can be "
            "kept until its day has come.",
            (*commands, aws("kms", "enable-key", "--key-id", stream.key)),
        )


def _kms_refusal(facts: Facts) -> Failed | None:
    """A read of the sample that the key refused."""
    if facts.sample is None or isinstance(facts.sample, Failed):
        return None
    return next((each for each in facts.sample.refused if each.code.startswith("KMS")), None)
