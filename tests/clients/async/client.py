"""Writes and reads with async-kinesis, through a reshard, plainly and as the KPL aggregates.

Takes the stream's name; endpoint, keys and region are in the standard AWS_* variables. Prints one
JSON line of figures; any broken expectation ends it with exit code 1.
"""

import asyncio
import importlib.metadata
import json
import sys

from kinesis.processors import JsonProcessor, KPLJsonProcessor, Processor

from kinesis import Consumer, Producer

MESSAGES, KEYS = 1_000, 10
IDLE_S = 5.0


async def main(stream: str) -> None:
    plain = await write_and_read(f"{stream}-plain", JsonProcessor)
    packed = await write_and_read(f"{stream}-packed", KPLJsonProcessor)
    figures = {
        "library": f"async-kinesis {importlib.metadata.version('async-kinesis')}",
        "botocore": importlib.metadata.version("botocore"),
        "plain": plain,
        "packed": packed,
    }
    print(json.dumps(figures))  # noqa: T201


async def write_and_read(stream: str, processor: type[Processor]) -> dict[str, int]:
    """Write, double the shards, write, and read it all back. How many messages and shards."""
    await write(stream, range(MESSAGES), processor())
    await double_the_shards(stream)
    await write(stream, range(MESSAGES, 2 * MESSAGES), processor())
    found, shards = await read(stream, processor())
    assert sorted(each["n"] for each in found) == list(range(2 * MESSAGES)), len(found)
    if processor is JsonProcessor:  # the other gives its records random keys
        for key in range(KEYS):
            numbers = [each["n"] for each in found if each["n"] % KEYS == key]
            assert numbers == sorted(numbers), f"key {key} is out of order"
    return {"messages": len(found), "shards": shards}


async def write(stream: str, numbers: range, processor: Processor) -> None:
    async with Producer(
        stream, processor=processor, create_stream=True, create_stream_shards=2
    ) as producer:
        for number in numbers:
            key = f"key-{number % KEYS}" if isinstance(processor, JsonProcessor) else None
            await producer.put({"n": number}, partition_key=key)
        await producer.flush()


async def double_the_shards(stream: str) -> None:
    async with Producer(stream) as producer:
        await producer.client.update_shard_count(
            StreamName=stream, TargetShardCount=4, ScalingType="UNIFORM_SCALING"
        )


async def read(stream: str, processor: Processor) -> tuple[list[dict[str, int]], int]:
    """All messages, and how many shards the library follows at the end."""
    found: list[dict[str, int]] = []
    async with Consumer(
        stream, processor=processor, sleep_time_no_records=0.2, idle_timeout=IDLE_S
    ) as consumer:
        async for message in consumer:
            found.append(message)
            if len(found) == 2 * MESSAGES:
                break
        return found, len(consumer.shards)


asyncio.run(main(sys.argv[1]))
