"""What `apply` and `destroy` show while they work: each change, and what is waited for."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.status import Status

    from shardline.module.plan import Change


class Progress:
    """Lines on standard error; on a terminal, with a moving line under them while it waits."""

    def __init__(self, name: str, total: int) -> None:
        self._name, self._total = name, total
        self._status: Status | None = None
        self._begun = time.monotonic()

    def __enter__(self) -> "Progress":
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status("")
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def starts(self, number: int, change: "Change") -> None:
        """A change is about to be made."""
        self._begun = time.monotonic()
        line = f"{self._name}: {number}/{self._total} {change.word} {change.what}"
        if self._status is None:
            click.echo(line, err=True)
        else:
            self._status.console.print(line, highlight=False, markup=False)

    def tell(self, text: str) -> None:
        """Something is waited for."""
        if self._status is not None:
            self._status.update(f"{text}, {time.monotonic() - self._begun:.0f} s")
