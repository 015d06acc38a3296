"""Makes the destination of a copy, and agrees with it on where the copy begins."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from shardline.copying.errors import DENIED, GaveUp, Refused
from shardline.copying.plan import Call, Plan
from shardline.copying.settings import COPY_TAG, Settings, read_settings
from shardline.copying.store import Store, Terms
from shardline.copying.tail import starts_of

WAIT_S, LONGEST_PAUSE_S = 900.0, 5.0
PASSING = {"ResourceInUseException", "LimitExceededException"}
ANEW = "--anew copies everything once more"


@dataclass(frozen=True, slots=True)
class Making:
    """A destination: its client, the name of the stream, and time."""

    client: Any
    name: str
    destination: str
    sleep: Callable[[float], None]
    tell: Callable[[str], None] = lambda text: None


def check_terms(terms: Terms | None, source: Settings, there: Settings | None) -> None:
    """Refuse to go on where that would lose or double records. Raises `Refused`."""
    if terms is None:
        if there is not None and copy_tag(source) in there.tags:
            raise Refused(
                "the destination has records of an earlier copy of this stream, of which nothing "
                f"is known here: say where it was by --state, or {ANEW}"
            )
        return
    if terms.created is not None and (there is None or there.created != terms.created):
        what = "not there any more" if there is None else "another one than it was"
        raise Refused(f"the destination is {what} since this copy began: {ANEW}")


def agreed(
    make: Making,
    store: Store,
    source: Settings,
    there: Settings | None,
    plan: Plan,
    *,
    anew: bool = False,
) -> Terms:
    """The terms of the copy, with the destination ready for it. Interrupted, it goes on from there.

    `anew`: whatever was copied before. Raises `Refused`, `GaveUp`, and what boto3 raises.
    """
    if anew:
        store.forget()
    terms = store.terms()
    if not anew:
        check_terms(terms, source, there)
    if terms is not None and terms.ready:
        return terms
    if terms is None:
        terms = Terms(uuid.uuid4().hex, source.arn, source.created, make.destination)
        terms.makes = there is None
        store.keep(terms)
    if terms.makes:
        _make(make, plan.calls, there)
    made = settled(make)
    terms.created = made.created
    if not terms.makes:
        terms.starts = _starts(make)
    _tag(make, copy_tag(source), terms.id)
    terms.ready = True
    store.keep(terms)
    return terms


def _starts(make: Making) -> dict[str, dict[str, Any]]:
    """Where the destination's shards are now; nothing where the caller may not read them."""
    try:
        return starts_of(make.client, {"StreamName": make.name})
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIED:
            raise
        make.tell(f"{make.name} may not be read: records whose answers are lost may be doubled")
        return {}


def copy_tag(source: Settings) -> str:
    """The key of the tag that says that a stream has records of the source."""
    named = f"{source.arn} {source.created}".encode()
    return COPY_TAG + sha256(named).hexdigest()[:12]


def settled(make: Making) -> Settings:
    """The destination, once it is ACTIVE. Raises `GaveUp` after a quarter of an hour."""
    for pause in (*_pauses(), None):
        found = read_settings(make.client, make.name)
        if found is not None and found.status == "ACTIVE":
            return found
        if pause is None:
            break
        make.tell(f"{make.name} is {found.status if found else 'not there yet'}")
        make.sleep(pause)
    raise GaveUp(f"{make.name} is not ACTIVE after {WAIT_S / 60:.0f} minutes")


def _make(make: Making, calls: tuple[Call, ...], there: Settings | None) -> None:
    """Make the stream as the calls say. Each can be made again."""
    for call in calls:
        if call.operation == "CreateStream" and there is not None:
            continue
        _made(make, call)
        settled(make)


def _made(make: Making, call: Call) -> None:
    operation = getattr(make.client, xform_name(call.operation))
    for pause in (*_pauses(), None):
        try:
            operation(StreamName=make.name, **call.params)
            return
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if call.operation == "CreateStream" and code == "ResourceInUseException":
                return  # an answer was lost: it is there
            if code not in PASSING or pause is None:
                raise
            make.tell(f"{call.operation}: {code}, once more")
            make.sleep(pause)


def _pauses() -> Iterator[float]:
    total, pause = 0.0, 0.1
    while total < WAIT_S:
        yield pause
        total += pause
        pause = min(pause * 1.6, LONGEST_PAUSE_S)


def _tag(make: Making, key: str, value: str) -> None:
    try:
        make.client.add_tags_to_stream(StreamName=make.name, Tags={key: value})
    except ClientError as error:
        # The tag only guards against copying twice; who may not tag may copy.
        make.tell(f"{make.name} could not be tagged: {error}")
