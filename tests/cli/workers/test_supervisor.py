"""Workers are started, replaced, exchanged and stopped; toys, which are real processes."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from shardline.cli.workers.posts import FIRST_PAUSE_S, MOST_FAILURES, Post
from shardline.cli.workers.process import WorkerFailed, WorkerProcess
from shardline.cli.workers.supervisor import Supervisor
from shardline.cli.workers.wire import Ready, StartOrder
from shardline.gateway.listening import reserve
from shardline.settings import NodeSettings
from shardline.storage.members import Place, make_places

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[2]


class Toys:
    """A supervisor of toys. `next_does` is what the next ones that are started do."""

    def __init__(self, workers: int, patience_s: float = 20.0) -> None:
        self.next_does = "fine"
        self.started: list[WorkerProcess] = []
        self.first: list[Ready] = []
        self.pauses: list[float] = []
        self.places = make_places(workers + 1)
        self.sockets = reserve("127.0.0.1", 0, workers)
        self.posts = [Post(n + 1, self.places[n], self.sockets[n]) for n in range(workers)]
        self.supervisor = Supervisor(
            self.posts,
            self.places[-1],
            self.launch,
            patience_s=patience_s,
            sleep=self.sleep,
        )

    async def launch(self, post: Post, place: Place) -> WorkerProcess:
        settings = NodeSettings(None, region=self.next_does)
        order = StartOrder(
            post.number, settings, place, os.dup(0), post.listener.fileno(), os.getpid()
        )
        worker = await WorkerProcess.start(order, module="cli.workers.toy_worker")
        os.close(order.lock)
        self.started.append(worker)
        return worker

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def start(self) -> None:
        await self.supervisor.start(self.first.append)

    def pids(self) -> list[int]:
        return [post.worker.pid for post in self.posts if post.worker]

    def close(self) -> None:
        self.supervisor.kill()
        for each in self.sockets:
            each.close()
        for descriptor in {each for place in self.places for each in place.descriptors()}:
            os.close(descriptor)


def with_toys(
    work: Callable[[Toys], Awaitable[None]], workers: int, patience_s: float = 20.0
) -> None:
    async def run() -> None:
        toys = Toys(workers, patience_s)
        try:
            async with asyncio.timeout(60):
                await work(toys)
        finally:
            toys.close()

    asyncio.run(run())


@pytest.fixture(autouse=True)
def _toys_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(found))


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110  # processes set no events
        await asyncio.sleep(0.01)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_first_starts_alone_and_all_stop() -> None:
    async def work(toys: Toys) -> None:
        # When
        await toys.start()
        # Then
        assert toys.first == [Ready("toy://0")]
        assert [worker.number for worker in toys.started] == [1, 2, 3]
        assert len(set(toys.pids())) == 3
        assert await toys.supervisor.stop() == ""
        assert all(map(is_gone, toys.pids()))

    with_toys(work, 3)


@pytest.mark.parametrize(
    ("does", "said"),
    [("fails", "there is no disk"), ("dies", "worker 1 ended with exit code 3")],
)
def test_a_first_that_cannot_start(does: str, said: str) -> None:
    async def work(toys: Toys) -> None:
        toys.next_does = does
        with pytest.raises(WorkerFailed) as failed:
            await toys.start()
        assert str(failed.value) == said
        assert len(toys.started) == 1
        assert await toys.supervisor.stop() == ""

    with_toys(work, 2)


def test_one_that_is_killed_is_replaced_at_once_at_its_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work(toys: Toys) -> None:
        await toys.start()
        first, second = toys.pids()
        # When
        os.kill(second, signal.SIGKILL)
        await until(lambda: len(toys.started) == 3)
        await toys.started[2].ready()
        await until(lambda: toys.pids() == [first, toys.started[2].pid])
        # Then
        assert toys.started[2].place == toys.places[1]
        assert toys.started[2].number == 2
        assert toys.pauses == []
        assert await toys.supervisor.stop() == ""

    with_toys(work, 2)
    assert "worker 2 (pid " in caplog.text
    assert "was ended by SIGKILL" in caplog.text


def test_one_that_cannot_be_replaced_is_tried_again_and_later_each_time() -> None:
    async def work(toys: Toys) -> None:
        await toys.start()
        toys.next_does = "fails"
        os.kill(toys.pids()[0], signal.SIGKILL)
        await until(lambda: len(toys.pauses) > MOST_FAILURES)
        assert toys.pauses[:4] == [FIRST_PAUSE_S * factor for factor in (1, 2, 4, 8)]
        assert not toys.supervisor.lost.done()  # the other one serves
        # When
        toys.next_does = "fine"
        await until(lambda: all(post.worker and post.worker.is_serving() for post in toys.posts))
        assert await toys.supervisor.stop() == ""

    with_toys(work, 2)


def test_one_that_dies_as_soon_as_it_is_ready_is_waited_for_too() -> None:
    async def work(toys: Toys) -> None:
        await toys.start()
        toys.next_does = "brief"
        os.kill(toys.pids()[0], signal.SIGKILL)
        await until(lambda: len(toys.pauses) >= 3)
        assert toys.pauses[:3] == [FIRST_PAUSE_S * factor for factor in (1, 2, 4)]
        await toys.supervisor.stop()

    with_toys(work, 2)


def test_when_none_can_be_started_all_is_lost() -> None:
    async def work(toys: Toys) -> None:
        await toys.start()
        toys.next_does = "fails"
        for pid in toys.pids():
            os.kill(pid, signal.SIGKILL)
        assert await toys.supervisor.lost == "there is no disk"
        await toys.supervisor.stop()
        assert all(worker.has_ended() for worker in toys.started)

    with_toys(work, 2)


def test_an_exchange_leaves_no_post_without_a_worker(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    async def work(toys: Toys) -> None:
        await toys.start()
        before = toys.pids()
        # When
        toys.supervisor.begin_exchange()
        await until(lambda: "are exchanged" in caplog.text)
        # Then
        assert all(map(is_gone, before))
        places = [worker.place.worker for worker in toys.started]
        assert places == [0, 1, 2, 0]  # always the free one, which is then that of the one before
        assert [worker.number for worker in toys.started] == [1, 2, 1, 2]
        assert await toys.supervisor.stop() == ""

    with_toys(work, 2)


def test_an_exchange_ends_with_the_first_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    async def work(toys: Toys) -> None:
        await toys.start()
        before = toys.pids()
        toys.next_does = "fails"
        # When
        toys.supervisor.begin_exchange()
        await until(lambda: "is not exchanged" in caplog.text)
        # Then
        assert toys.pids() == before
        assert not any(map(is_gone, before))
        toys.next_does = "fine"
        toys.supervisor.begin_exchange()
        await until(lambda: not set(toys.pids()) & set(before))
        assert await toys.supervisor.stop() == ""

    with_toys(work, 2)


def test_one_that_does_not_end_is_killed(caplog: pytest.LogCaptureFixture) -> None:
    async def work(toys: Toys) -> None:
        toys.next_does = "deaf"
        await toys.start()
        (pid,) = toys.pids()
        assert await toys.supervisor.stop() == "worker 1 was ended by SIGKILL"
        assert is_gone(pid)

    with_toys(work, 1, patience_s=0.2)
    assert "did not end" in caplog.text


def test_connections_are_refused_when_the_workers_have_stopped() -> None:
    async def work(toys: Toys) -> None:
        await toys.start()
        address = toys.sockets[0].getsockname()
        for each in toys.sockets:
            each.listen()
        socket.create_connection(address).close()
        await toys.supervisor.stop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)

    with_toys(work, 2)
