"""The signals that end a server."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable

IMPATIENT_S = 1.0  # a wrapper may hand on what the terminal sent too: that is no second Ctrl-C


def stop_on_signal(
    log: logging.Logger, *, at_once: Callable[[], object] = lambda: None
) -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; a second one ends the process there and then.

    What was acknowledged is durable, so that costs no more than requests without an answer.
    `at_once` is called before.
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
            at_once()
            os._exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    return stop
