"""Takes the actions of alarms, beside everything else, and tells their histories what came of it.

An action is tried `1 + len(RETRY_S)` times, with growing pauses. It stays in the catalog until it
was taken or given up, so that none is lost by a restart or a crash (one that was being taken may be
taken twice, under the same message id). Only so many are taken at once; others wait in the catalog.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from shardline.clock import Clock
from shardline.cloudwatch.alarms import messages
from shardline.cloudwatch.alarms.history import action_taken
from shardline.cloudwatch.alarms.targets import Targets
from shardline.cloudwatch.alarms.webhook import ANSWER_S, Undelivered
from shardline.storage.alarm_entities import Notice
from shardline.storage.alarm_port import AlarmStore
from shardline.storage.record_log import StorageError

log = logging.getLogger("shardline.alarms")

RETRY_S = (1.0, 2.0, 4.0, 8.0, 16.0)
AT_ONCE = 200
OLDEST_MS = 3600 * 1000
"""How old an action may become before it is given up untried."""

OTHERS_MS = round((sum(RETRY_S) + (len(RETRY_S) + 1) * ANSWER_S) * 1000)
"""How long an action is left to the process that stored it."""

MOST_REASON = 300

# No line of the log names an action: URLs of webhooks are secrets.


class Post(Protocol):
    """Posts to a URL."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post a body. Raises `Undelivered`."""
        ...


class Courier:
    """The actions of a node that are being taken. To be used on one event loop."""

    def __init__(
        self,
        store: AlarmStore,
        clock: Clock,
        targets: Targets,
        webhooks: Post,
        *,
        retry_s: Sequence[float] = RETRY_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        at_once: int = AT_ONCE,
        is_alone: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store = store
        self._clock = clock
        self._targets = targets
        self._webhooks = webhooks
        self._retry_s = retry_s
        self._sleep = sleep
        self._at_once = at_once
        self._is_alone = is_alone
        self._started_ms = clock.now_ms()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._has_more = False  # for want of room
        self._is_closed = False

    def send(self, notices: Sequence[Notice]) -> None:
        """Begin to take actions, which are stored, as far as there is room. Never waits."""
        for notice in notices:
            if notice.id in self._under_way or self._is_closed:
                continue
            if len(self._under_way) >= self._at_once:
                self._has_more = True
                return
            self._under_way[notice.id] = asyncio.create_task(self._take(notice))

    async def run_once(self) -> None:
        """Take up what waits in the catalog: for room, or since before this process began."""
        abandoned_ms = self._clock.now_ms() - OTHERS_MS
        if self._is_alone():  # what was stored before this process began is left by one that ended
            abandoned_ms = max(self._started_ms, abandoned_ms)
        takes_all, self._has_more = self._has_more, False
        waiting = await self._store.alarm_notices()
        self.send([each for each in waiting if takes_all or each.created_ms < abandoned_ms])

    async def idle(self) -> None:
        """Return when nothing is under way."""
        while self._under_way:
            await asyncio.wait(list(self._under_way.values()))

    async def close(self) -> None:
        """Leave what is under way to the next process. Waits for no webhook."""
        self._is_closed = True
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, notice: Notice) -> None:
        try:
            error = await self._outcome(notice)
            item = action_taken(notice, error, self._clock.now_ms())
            await self._store.finish_alarm_notice(notice.id, item)
        except StorageError as failed:
            log.error("an action of alarm %s: %s", notice.alarm, failed)
        except Exception:
            log.exception("a fault of ours in an action of alarm %s", notice.alarm)
        else:
            if error is not None:
                log.warning("an action of alarm %s failed: %s", notice.alarm, error)
        finally:
            self._under_way.pop(notice.id, None)

    async def _outcome(self, notice: Notice) -> str | None:
        """Why the action could not be taken, or None."""
        try:
            url = self._targets.url_of(notice.action)
        except LookupError as error:
            return str(error.args[0])
        if self._clock.now_ms() - notice.created_ms > OLDEST_MS:
            return "The action is too old."
        body, headers = messages.notification(notice), messages.headers(notice)
        for pause_s in (*self._retry_s, None):
            try:
                await self._webhooks.post(url, body, headers)
            except Undelivered as error:
                if error.is_final or pause_s is None:
                    return str(error)[:MOST_REASON]
                await self._sleep(pause_s)
            else:
                return None
        raise AssertionError("the last try returns")
