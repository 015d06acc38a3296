"""A worker of a shared log, in a process of its own: `shared_log_worker.py DIRECTORY PLACE NUMBER`.

It appends its own counter to shard 0 of stream "s", in batches of one to three, and says on a line
what was acknowledged: the first offset, and the numbers. It goes on after the last one that it is
told (NUMBER), until the shard is sealed.
"""

import asyncio
import json
import sys
from pathlib import Path

from shardline.clock import SystemClock
from shardline.storage.members import Bus, Place
from shardline.storage.record_log import Appended, Batch
from shardline.storage.sqlite_log import Sharing, SqliteLog


async def main(directory: Path, place: Place, number: int) -> None:
    bus = Bus(place)
    bus.open()
    log = await SqliteLog.open(directory, SystemClock(), sharing=Sharing(bus))
    while True:
        numbers = range(number, number + 1 + number % 3)
        datas = [b"%d:%d" % (place.worker, each) for each in numbers]
        [answer] = await log.append("s", [Batch(0, [b"k"] * len(datas), datas)])
        if not isinstance(answer, Appended):
            break
        print(json.dumps([answer.first, [data.decode() for data in datas]]), flush=True)  # noqa: T201
        number = numbers.stop
    await log.close()
    bus.close()


if __name__ == "__main__":
    directory, place, number = sys.argv[1:]
    fields = json.loads(place)
    fields["outboxes"] = tuple(fields["outboxes"])
    asyncio.run(main(Path(directory), Place(**fields), int(number)))
