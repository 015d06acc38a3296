"""What is on its way to a shard that is sealed by another gateway."""

import asyncio

from shardline.storage.kafka_log.sent import Sent
from shardline.storage.kafka_log.shards import Shard
from shardline.storage.range_port import Range


def test_what_was_late_once_is_late_for_ever() -> None:
    """The other gateway may have read the shard's end between two of its changes."""

    async def main() -> None:
        shard, loop = Shard(Range(0, 0, 0)), asyncio.get_running_loop()
        late, in_time = [Sent(("t", 0), 1, loop, Sent.finish, (shard.flying,)) for _ in range(2)]
        loop.call_later(0.005, in_time.finish)
        await shard.landed(0.01)
        assert (late.is_late, in_time.is_late) == (True, False)
        loop.call_soon(late.finish)
        await shard.landed(10)
        assert (late.is_late, in_time.is_late) == (True, False)

    asyncio.run(main())
