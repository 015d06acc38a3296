"""The demo's stream, made from its `stream.yaml` by the stream module's own code."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from shardline.cli import Failure, streams
from shardline.cli.client import Target
from shardline.cli.demo.users import User

if TYPE_CHECKING:
    from shardline.module.plan import Plan

_USUAL_NAME = "flights"
# What a change is called in a plan, and what the demo calls several of them.
_KINDS = {"policy": "policies", "alarm": "alarms"}


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What was made. `writer` and `reader` reach the stream with the keys of the two users."""

    name: str
    writer: Target
    reader: Target
    made: str
    """In words: `a stream of 8 shards, 3 policies, 9 alarms`."""
    seconds: float


def stream_yaml(name: str) -> str:
    """The text of the demo's file, with the stream and its users named after `name`."""
    text = files("shardline.cli.demo").joinpath("stream.yaml").read_text("utf-8")
    return text.replace(_USUAL_NAME, name)


@contextlib.contextmanager
def provisioned(target: Target, text: str, *, keep: bool) -> Iterator[Provisioned]:
    """Make what the file says, and the two users that it names; unless `keep`, remove all again.

    Raises `Failure` when something of that name is there already, or an API refuses.
    """
    stream = _opened(target, text)
    name = stream.wanted.name
    iam = stream.target.iam
    with contextlib.ExitStack() as undo, streams.told_failures(stream):
        _refuse_what_is_there(stream)
        started = time.monotonic()
        writer, reader = (User(iam, f"{name}-{what}") for what in ("writer", "reader"))
        for user in (writer, reader):
            user.create()
            if not keep:
                undo.callback(user.delete)
        if not keep:
            undo.callback(_remove, stream)
        made = _apply(stream)
        seconds = time.monotonic() - started
        yield Provisioned(name, writer.seen_by(target), reader.seen_by(target), made, seconds)


def _opened(target: Target, text: str) -> streams.Stream:
    from shardline.module.spec import ConfigErrors
    from shardline.module.spec.load import loads

    try:
        config = loads(text, file="stream.yaml")
    except ConfigErrors as errors:
        raise Failure("\n".join(map(str, errors.problems))) from errors
    (stream,) = streams.at(target, [config])
    return stream


def _refuse_what_is_there(stream: streams.Stream) -> None:
    from shardline.module.waiting import GONE, status

    name = stream.wanted.name
    if status(stream.target, name) != GONE:
        raise Failure(
            f"{stream.target.endpoint} has a stream {name} already: choose another with --stream"
        )


def _apply(stream: streams.Stream) -> str:
    """Plan and make everything; what it was, in words. Raises `Failure` if anything is left."""
    from shardline.module.apply import make

    plan = _planned(stream)
    make(stream.target, plan, sleep=time.sleep)
    if left := _planned(stream).to_make:
        raise Failure(f"applied, and still to {left[0].word}: {left[0].what}")
    return _in_words(plan, stream.wanted.capacity)


def _planned(stream: streams.Stream) -> "Plan":
    from shardline.module.plan import grantees, plan
    from shardline.module.read import read

    actual = read(stream.target, stream.wanted.name, grantees(stream.wanted))
    return plan(stream.wanted, actual, now_s=streams.now_s())


def _in_words(plan: "Plan", capacity: Any) -> str:
    counts = Counter(change.what.partition(" ")[0] for change in plan.to_make)
    others = (f"{counts[kind]} {plural}" for kind, plural in _KINDS.items())
    return ", ".join((f"a stream of {capacity.count} shards", *others))


def _remove(stream: streams.Stream) -> None:
    from shardline.module.apply import make
    from shardline.module.plan import grantees, removal
    from shardline.module.read import read

    actual = read(stream.target, stream.wanted.name, grantees(stream.wanted))
    make(stream.target, removal(actual), sleep=time.sleep)
