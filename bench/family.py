"""The parent of several servers that are measured as one: ``python -m bench.family COMMANDS``.

It imports no more than it needs: its memory, and its start, are in the figures.
"""

import json
import signal
import subprocess
import sys


def _main() -> None:
    """Be the parent of the commands that are given, as JSON; end them when told to end."""
    started: list[subprocess.Popen[bytes]] = []

    def end(*_: object) -> None:
        for each in started:
            each.terminate()

    signal.signal(signal.SIGTERM, end)
    for command in json.loads(sys.argv[1]):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()  # that it is ready: the first one makes what all share
    for each in started:
        each.wait()


if __name__ == "__main__":
    _main()
