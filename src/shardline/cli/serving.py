"""The run of a server, from its settings to the signal that ends it."""

import asyncio
import logging
import os
import signal
import sys

import uvloop

from shardline.cli import Failure
from shardline.logs import configure_logging
from shardline.node import Node
from shardline.settings import NodeSettings
from shardline.storage.record_log import StorageError
from shardline.tls import check_files
from shardline.tuning import tune_process

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
IMPATIENT_S = 1.0  # a wrapper may hand on what the terminal sent too: that is no second Ctrl-C


def run(settings: NodeSettings) -> None:
    """Serve until SIGTERM or SIGINT. Raises `Failure` when that cannot be."""
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
        uvloop.run(_serve(settings, log))
    except (StorageError, OSError, ValueError) as error:
        raise Failure(" ".join(str(error).splitlines())) from error


async def _serve(settings: NodeSettings, log: logging.Logger) -> None:
    stop = _stop_on_signal(log)
    async with Node.running(settings) as node:
        tune_process()
        sys.stdout.write(f"Shardline is ready at {node.endpoint}\n")
        sys.stdout.flush()
        await node.until(stop)


def _stop_on_signal(log: logging.Logger) -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; a second one ends the process there and then.

    What was acknowledged is durable, so that costs no more than requests without an answer.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    asked_at = 0.0

    def on_signal(number: int) -> None:
        nonlocal asked_at
        if not stop.is_set():
            asked_at = loop.time()
            stop.set()
        elif loop.time() - asked_at > IMPATIENT_S:
            log.warning("stopped at once, without waiting for requests")
            os._exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    return stop
