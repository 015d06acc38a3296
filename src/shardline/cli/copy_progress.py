"""What `shardline copy` shows while it works: a line for each stream, if anybody sees it."""

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class CopyProgress:
    """Counts records and bytes by stream, from any thread, and draws them on a terminal."""

    def __init__(self) -> None:
        self.records: dict[str, int] = {}
        self.bytes: dict[str, int] = {}
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._told: dict[str, float] = {}

    def __enter__(self) -> "CopyProgress":
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            self._progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                TextColumn("{task.fields[text]}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def begin(self, stream: str) -> None:
        """Another stream is being copied."""
        self.records[stream] = self.bytes[stream] = 0
        if self._progress is not None:
            self._tasks[stream] = self._progress.add_task(stream, total=None, text="")

    def add(self, stream: str, records: int, size: int) -> None:
        """Records have arrived."""
        with self._lock:
            self.records[stream] += records
            self.bytes[stream] += size

    def draw(self, state: dict[str, str]) -> None:
        """Show the counts, and behind them the state of each stream."""
        if self._progress is None:
            return
        for stream, task in self._tasks.items():
            count, size = self.records[stream], self.bytes[stream] / 1e6
            text = f"{count:,} records, {size:,.1f} MB{state.get(stream, '')}"
            self._progress.update(task, text=text)

    def say(self, text: str) -> None:
        """Write a line."""
        if self._progress is not None:
            self._progress.console.print(text, highlight=False, markup=False)
        else:
            click.echo(text, err=True)

    def tell(self, text: str) -> None:
        """Write a line about what is tried again; the same one at most every ten seconds."""
        with self._lock:
            now = time.monotonic()
            if now - self._told.get(text, -10.0) < 10.0:
                return
            self._told[text] = now
        self.say(f"again: {text}")
