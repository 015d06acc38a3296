"""Runs the copies of `shardline copy` side by side, and says what came of them."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from shardline.cli import Failure
from shardline.cli.client import refusal
from shardline.cli.copy_job import Ends, Job, Shown, begin, check
from shardline.cli.copy_progress import CopyProgress
from shardline.cli.copy_text import Outcome, outcome_lines, outcome_object
from shardline.copying.copier import Copier, StreamCopy
from shardline.copying.errors import CopyError

NOT_EXACT = 3
MARGIN_S = 10.0
"""How far the source's clock may be ahead of this one's."""
TELL_S = 10.0
"""How often it is told at most that a stream is caught up."""


def copied(ends: Ends, jobs: list[Job], given: dict[str, Any], *, as_json: bool) -> int:
    """Copy, check and tell. The exit code. Raises `Failure`."""
    stop = Event()
    with ExitStack() as held:
        shown = held.enter_context(CopyProgress())
        held.enter_context(_stopping(stop))
        copies = _begun(ends, jobs, held, shown, stop, given)
        outcomes, failure = _run(ends, copies, shown, stop, given)
    if as_json:
        click.echo(json.dumps({"streams": [outcome_object(each) for each in outcomes]}))
    else:
        for line in (line for each in outcomes for line in outcome_lines(each)):
            click.echo(line)
    if failure is not None:
        raise failure
    if not all(each.complete for each in outcomes):
        raise Failure("stopped; run it again to go on from there")
    return 0 if all(each.is_exact for each in outcomes) else NOT_EXACT


def _begun(
    ends: Ends,
    jobs: list[Job],
    held: ExitStack,
    shown: CopyProgress,
    stop: Event,
    given: dict[str, Any],
) -> list[tuple[Job, StreamCopy]]:
    """Every destination made ready. Raises `Failure`."""

    def counting(job: Job) -> Callable[[int, int], None]:
        shown.begin(job.title)
        return lambda records, size: shown.add(job.title, records, size)

    told = Shown(stop, shown.tell, counting)
    one_of_a_key = not (ends.destination.is_shardline or given["loose_order"])
    return [
        (job, begin(ends, job, held, told, one_of_a_key=one_of_a_key, anew=given["anew"]))
        for job in jobs
    ]


def _run(
    ends: Ends,
    copies: list[tuple[Job, StreamCopy]],
    shown: CopyProgress,
    stop: Event,
    given: dict[str, Any],
) -> tuple[list[Outcome], Failure | None]:
    """What came of every stream, and what went wrong."""
    follow, begun = given["follow"], time.monotonic()
    until_s = None if follow else time.time() + MARGIN_S
    watch = _Watch(copies, shown, follow=follow)
    copier = Copier([copy for _, copy in copies], stop, until_s, watch=watch)
    failure, is_done = None, False
    try:
        is_done = copier.run() or follow
    except CopyError as error:
        failure = Failure(str(error))
    except ClientError as error:
        failure = Failure(f"{error.operation_name} was refused: {refusal(error.response)}")
    except BotoCoreError as error:
        failure = Failure(str(error))
    except OSError as error:  # a full disk, for example
        failure = Failure(f"the state cannot be written: {error}")
    seconds = time.monotonic() - begun
    outcomes = []
    for job, copy in copies:
        verdict = None
        if is_done and given["verify"]:
            shown.say(f"{job.title}: reading both sides again")
            verdict = check(ends, job, copy)
        count = shown.records[job.title]
        outcomes.append(Outcome(job, copy.copied(), count, seconds, is_done, verdict))
    return outcomes, failure


class _Watch:
    """Draws progress, and tells when a stream that is followed has caught up."""

    def __init__(
        self, copies: list[tuple[Job, StreamCopy]], shown: CopyProgress, *, follow: bool
    ) -> None:
        self._copies, self._shown, self._follow = copies, shown, follow
        self._state: dict[str, str] = {}
        self._told_s: dict[str, float] = {}

    def __call__(self) -> None:
        """Look once."""
        if self._follow:
            for job, copy in self._copies:
                self._look(job.title, copy)
        self._shown.draw(self._state)

    def _look(self, title: str, copy: StreamCopy) -> None:
        was = self._state.get(title)
        self._state[title] = ", caught up" if copy.is_caught_up else ", behind"
        now_s = time.monotonic()
        is_news = self._state[title] != was and copy.is_caught_up
        if is_news and now_s - self._told_s.get(title, -TELL_S) >= TELL_S:
            self._told_s[title] = now_s
            count = self._shown.records[title]
            self._shown.say(f"{time.strftime('%H:%M:%S')} {title}: caught up, {count:,} records")


@contextmanager
def _stopping(stop: Event) -> Iterator[None]:
    """SIGINT and SIGTERM end the copy behind what is under way; a second one ends it at once."""

    def on_signal(number: int, frame: object) -> None:
        if stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, on_signal) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
