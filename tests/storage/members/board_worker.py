"""A worker of another process: takes its place and duty, says so, and stays until it is killed.

Its argument is JSON: the fields of its `Place`, and the path of the duties.
"""

import asyncio
import json
import sys

from shardline.storage.members import Board, Bus, Place


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def work() -> None:
    given = json.loads(sys.argv[1])
    duties = given.pop("duties")
    bus = Bus(Place(**{**given, "outboxes": tuple(given["outboxes"])}))
    bus.open()
    try:
        board = Board(bus, duties)
    except OSError as error:
        say(str(error))
        return

    async def look() -> int:
        return 7

    await board.renew(look)
    bus.tell(b"x", b"hello")
    say("on duty" if board.is_on_duty() else "not on duty")
    await asyncio.sleep(60)  # until it is killed


asyncio.run(work())
