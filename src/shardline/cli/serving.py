"""The run of a server, from its settings to the signal that ends it."""

import logging
import sys

import uvloop

from shardline.cli import Failure
from shardline.cli.stopping import stop_on_signal
from shardline.logs import configure_logging
from shardline.settings import NodeSettings
from shardline.storage.record_log import StorageError
from shardline.tls import check_files

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def run(settings: NodeSettings, workers: int) -> None:
    """Serve until SIGTERM or SIGINT, in this process or in as many workers as are more than one.

    Raises `Failure` when that cannot be.
    """
    log = configure_logging(settings.log_format)
    if settings.host not in LOOPBACK and settings.tls == "off":
        log.warning(
            "listening on %s without TLS: signatures protect the calls, but anyone on the way "
            "can read the records; give --tls-cert and --tls-key",
            settings.host,
        )
    try:
        if settings.tls_certificate and settings.tls_key:
            check_files(settings.tls_certificate, settings.tls_key)
        if workers > 1:
            from shardline.cli.workers.parent import serve

            uvloop.run(serve(settings, workers, log))
        else:
            uvloop.run(_serve(settings, log))
    except (StorageError, OSError, ValueError) as error:
        raise Failure(" ".join(str(error).splitlines())) from error


async def _serve(settings: NodeSettings, log: logging.Logger) -> None:
    # Here, because the parent of workers needs neither.
    from shardline.node import Node
    from shardline.tuning import allow_files, tune_process

    allow_files()
    stop = stop_on_signal(log)
    async with Node.running(settings) as node:
        tune_process()
        sys.stdout.write(f"Shardline is ready at {node.endpoint}\n")
        sys.stdout.flush()
        await node.until(stop)
        await node.leave_to_others()
