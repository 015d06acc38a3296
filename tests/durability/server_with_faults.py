"""A server whose disk can fail, or which is broken on purpose. For the tests alone.

    python server_with_faults.py --data-dir D --stream events:4 --vfs forgetting --control C

It runs a node as `shardline serve` does, with a fault VFS under the record log. `--wal-bytes`
makes checkpoints frequent, so that some kills meet one. `--broken` makes a server that loses
records, to show that the tests notice.
"""

import argparse
import asyncio
import functools
import signal
import sys
from pathlib import Path

import uvloop

from faults import vfs
from shardline import node
from shardline.cli.serve_values import root_key
from shardline.logs import configure_logging
from shardline.node import Node
from shardline.settings import NodeSettings, StreamAtStart
from shardline.storage.record_log import StorageError
from shardline.storage.sqlite_log import Bounds, SqliteLog, schema


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--stream", type=StreamAtStart.parse, action="append", default=[])
    parser.add_argument("--transition-ms", type=int, default=0)
    parser.add_argument("--vfs", choices=["failing", "forgetting", "tearing"])
    parser.add_argument("--control", type=Path)
    parser.add_argument("--wal-bytes", type=int)
    parser.add_argument("--broken", choices=["no-sync"])
    return parser.parse_args()


async def _serve(settings: NodeSettings) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Node.running(settings) as running:
        print(f"Shardline is ready at {running.endpoint}", flush=True)
        await running.until(stop)


def _open_with(bounds: Bounds) -> type[SqliteLog]:
    """The record log with other bounds than a node gives it."""

    class BoundedLog(SqliteLog):
        open = staticmethod(functools.partial(SqliteLog.open, bounds=bounds))

    return BoundedLog


def main() -> int:
    """Run the server; 0 after a stop, 1 with a line on standard error when it cannot start."""
    arguments = _arguments()
    configure_logging("text")
    if arguments.broken == "no-sync":
        settings_text = schema.WRITER_SETTINGS
        schema.WRITER_SETTINGS = settings_text.replace("synchronous = FULL", "synchronous = OFF")
        assert settings_text != schema.WRITER_SETTINGS
    if arguments.wal_bytes is not None:
        node.SqliteLog = _open_with(Bounds(wal_bytes=arguments.wal_bytes))
    settings = NodeSettings(
        data_dir=arguments.data_dir,
        port=arguments.port,
        streams=tuple(arguments.stream),
        transition_ms=arguments.transition_ms,
        root_key=root_key(),
        log_vfs=vfs.install(arguments.vfs, arguments.control) if arguments.vfs else None,
    )
    try:
        uvloop.run(_serve(settings))
    except (StorageError, OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
