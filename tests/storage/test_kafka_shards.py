"""What is on its way to a shard that is sealed by another gateway."""

import asyncio

from shardline.storage.kafka_log.shards import Shard
from shardline.storage.kafka_log.writer import Sent
from shardline.storage.range_port import Range


def test_what_was_late_once_is_late_for_ever() -> None:
    """The other gateway may have read the shard's end between two of its changes."""

    async def main() -> None:
        shard, loop = Shard(Range(0, 0, 0)), asyncio.get_running_loop()
        late, in_time = Sent(1, loop), Sent(1, loop)
        shard.flying |= {late, in_time}
        in_time.done.set_result([0])
        await shard.landed(0.01)
        assert (late.is_late, in_time.is_late) == (True, False)
        loop.call_soon(late.done.set_result, [1])
        await shard.landed(10)
        assert (late.is_late, in_time.is_late) == (True, False)

    asyncio.run(main())
