"""One stream of `shardline copy`: looked at, begun, checked."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

from shardline.cli import Failure
from shardline.cli.client import make_client, reported_failures
from shardline.cli.copy_targets import Side
from shardline.copying import making
from shardline.copying.copier import WORKERS, StreamCopy
from shardline.copying.errors import CopyError
from shardline.copying.lane import Way
from shardline.copying.plan import Plan, plan
from shardline.copying.requests import Shape
from shardline.copying.sender import Destination, Sender
from shardline.copying.settings import Settings, read_settings
from shardline.copying.store import Store, Terms, terms_at
from shardline.copying.tail import Tail
from shardline.copying.verifying import Side as ReadSide
from shardline.copying.verifying import Verdict, verify


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends with their clients. `writer` makes one try, so that lost answers are known."""

    source: Side
    destination: Side
    reader: Any
    control: Any
    writer: Any

    @classmethod
    def of(cls, source: Side, destination: Side) -> "Ends":
        """Make the clients. Raises `Failure`."""
        reader = make_client(source.target, connections=WORKERS, bulk=True)
        control = make_client(destination.target, connections=WORKERS, bulk=True)
        writer = make_client(destination.target, tries=1, connections=WORKERS, bulk=True)
        return cls(source, destination, reader, control, writer)

    def close(self) -> None:
        """Close the clients' connections."""
        for client in (self.reader, self.control, self.writer):
            client.close()


@dataclass(frozen=True, slots=True)
class Job:
    """A stream that is to be copied, and what was found of it. `path` is where its state is."""

    name: str
    to: str
    path: Path
    source: Settings
    there: Settings | None
    terms: Terms | None
    plan: Plan

    @property
    def title(self) -> str:
        """`events`, or `events → events-copy`."""
        return self.name if self.name == self.to else f"{self.name} → {self.to}"


def look(ends: Ends, name: str, to: str, states: Path, *, anew: bool) -> Job:
    """Find out what has to be done for a stream, and change nothing. Raises `Failure`."""
    with reported_failures(ends.source.target):
        source = read_settings(ends.reader, name)
    if source is None:
        raise Failure(f"{ends.source.target} has no stream {name}")
    if source.status not in ("ACTIVE", "UPDATING"):
        raise Failure(f"{name} is {source.status}")
    with reported_failures(ends.destination.target):
        there = read_settings(ends.control, to)
    path = states / _directory(ends, name, to, source)
    terms = None if anew else terms_at(path)
    # What an interrupted run was about to make is made by this one.
    unmade = terms is not None and terms.makes and not terms.ready
    same = _region(ends.reader) == _region(ends.control)
    same_keys = same and ends.source.name == ends.destination.name
    found = plan(source, None if unmade else there, same_keys=same_keys)
    if not found.refusals and not anew:
        try:
            making.check_terms(terms, source, there)
        except CopyError as error:
            raise Failure(f"{name}: {error}") from error
    return Job(name, to, path, source, there, terms, found)


def begin(
    ends: Ends, job: Job, held: ExitStack, shown: "Shown", *, one_of_a_key: bool, anew: bool
) -> StreamCopy:
    """Make the destination ready. `held` gives up the state in the end. Raises `Failure`."""
    try:
        store = held.enter_context(Store(job.path))
        make = making.Making(ends.control, job.to, ends.destination.name, time.sleep, shown.tell)
        with reported_failures(ends.destination.target):
            terms = making.agreed(make, store, job.source, job.there, job.plan, anew=anew)
            made = making.settled(make)
    except CopyError as error:
        raise Failure(f"{job.name}: {error}") from error
    except OSError as error:
        raise Failure(f"the state cannot be written: {error}") from error
    stream = {"StreamName": job.to}
    to = Destination(
        ends.writer,
        stream,
        Tail(ends.control, stream, terms.starts),
        shown.tell,
        shown.stop.is_set,
    )
    shape = Shape(made.max_record_kib * 1024, one_of_a_key)
    named = {"StreamName": job.name}
    way = Way(ends.reader, named, Sender(to), shape, shown.stop, shown.copied_of(job))
    return StreamCopy(job.name, way, store)


@dataclass(frozen=True, slots=True)
class Shown:
    """Who is told of progress, and how the copy is stopped."""

    stop: Event
    tell: Callable[[str], None]
    copied_of: Callable[[Job], Callable[[int, int], None]]


def check(ends: Ends, job: Job, copy: StreamCopy) -> Verdict:
    """Read both sides again, and compare. Raises `Failure`."""
    terms = copy.store.terms()
    assert terms is not None
    with reported_failures(ends.destination.target):
        return verify(
            ReadSide(ends.reader, {"StreamName": job.name}),
            ReadSide(ends.control, {"StreamName": job.to}),
            copy.copied(),
            terms.starts,
        )


def _directory(ends: Ends, name: str, to: str, source: Settings) -> str:
    """Where the state of a copy is: one for each pair of streams."""
    named = (source.arn, source.created, ends.destination.name, _region(ends.control), to)
    return f"{name}-{sha256(repr(named).encode()).hexdigest()[:12]}"


def _region(client: Any) -> str:
    region: str = client.meta.region_name
    return region
