"""A process that may outlive the one that started it, and is found again by its directory."""

import contextlib
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

_ENDS_WITHIN_S = 20.0


class Daemon:
    """A command whose process id and output lie in a directory.

    `dies_with_us`: the kernel kills it when the thread that started it ends.
    """

    def __init__(
        self,
        command: Sequence[str],
        directory: Path,
        *,
        dies_with_us: bool,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = list(command)
        self._directory = directory
        self._dies_with_us = dies_with_us
        self._environment = environment
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, if it does not run."""
        if self.is_running():
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        prefix = ["setpriv", "--pdeathsig", "KILL", "--"] if self._dies_with_us else []
        with (self._directory / "output").open("ab") as output:
            self._child = subprocess.Popen(
                [*prefix, *self._command],
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environment,
                start_new_session=True,  # a Ctrl-C at the terminal is not for it
            )
        (self._directory / "pid").write_text(
            f"{self._child.pid} {psutil.Process(self._child.pid).create_time()}"
        )

    def is_running(self) -> bool:
        """Whether the process lives."""
        if self._child is not None:
            return self._child.poll() is None
        return self._process() is not None

    def output(self) -> str:
        """What it has said since the directory was made."""
        path = self._directory / "output"
        return path.read_text(errors="replace") if path.exists() else ""

    def terminate(self) -> None:
        """SIGTERM, without waiting."""
        self.signal(signal.SIGTERM)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to one that does not end by itself. Gone on return."""
        self.terminate()
        try:
            self._wait(_ENDS_WITHIN_S)
        except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
            self.kill()

    def kill(self) -> None:
        """SIGKILL. Gone on return."""
        self.signal(signal.SIGKILL)
        self._wait(_ENDS_WITHIN_S)

    def signal(self, number: int) -> None:
        """Send a signal, if it runs."""
        process = self._process()
        if process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _wait(self, within_s: float) -> None:
        if self._child is not None:
            self._child.wait(within_s)
            self._child = None
        elif (process := self._process()) is not None:
            process.wait(within_s)
        (self._directory / "pid").unlink(missing_ok=True)

    def _process(self) -> psutil.Process | None:
        """The process that the directory knows, unless its id is another's by now."""
        try:
            pid, created = (self._directory / "pid").read_text().split()
            process = psutil.Process(int(pid))
            lives = process.status() != psutil.STATUS_ZOMBIE
            return process if lives and process.create_time() == float(created) else None
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None
