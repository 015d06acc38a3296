"""A worker that dies at a chosen moment: `shared_log_victim.py DIRECTORY PLACE MOMENT`.

It appends a record to shard 0 of stream "s", or drops the stream, and ends without a word in the
call that MOMENT names: nothing is cleaned up, as if it had been killed there.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from shardline.clock import SystemClock
from shardline.storage.members import Bus, Place
from shardline.storage.record_log import Batch
from shardline.storage.sqlite_log import Sharing, SqliteLog, schema
from shardline.storage.sqlite_log.turns import Turn


def die(*_: Any, **__: Any) -> Any:
    os._exit(9)


def die_after(function: Any) -> Any:
    def dying(*args: Any, **kwargs: Any) -> None:
        function(*args, **kwargs)
        os._exit(9)

    return dying


async def main(directory: Path, place: Place, moment: str) -> None:
    bus = Bus(place)
    bus.open()
    log = await SqliteLog.open(directory, SystemClock(), sharing=Sharing(bus))
    await log.tail("s", 0)
    match moment:
        case "before-commit":
            Turn.begin = die_after(Turn.begin)  # type: ignore[method-assign]
        case "after-commit":
            Turn.publish = die  # type: ignore[method-assign]
        case "before-removal":
            schema.remove = die
        case "after-removal":
            schema.remove = die_after(schema.remove)
    if "removal" in moment:
        await log.drop("s")
    await log.append("s", [Batch(0, [b"k"], [b"last words"])])


if __name__ == "__main__":
    directory, place, moment = sys.argv[1:]
    fields = json.loads(place)
    fields["outboxes"] = tuple(fields["outboxes"])
    asyncio.run(main(Path(directory), Place(**fields), moment))
