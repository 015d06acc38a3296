"""A gateway with small bounds, in a process of its own whose memory a test measures.

    python server_bounded.py KIND BOUNDS

BOUNDS are fields of `Bounds`, as JSON. PutRecords keeps what it got for a moment and forgets it;
GetRecords answers `LARGE` bytes, ListShards `SMALL`, SubscribeToShard events of `EVENT` for ever.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).parent.parent))

from gateway.socket_support import SETTINGS, pipeline_of
from shardline.gateway.app import Application
from shardline.gateway.bounds import Bounds
from shardline.gateway.model import load_service
from shardline.gateway.server import SERVERS
from shardline.gateway.types import Api, Event
from shardline.kinesis.structs import TYPED, Record, SubscribeToShardEvent
from shardline.tuning import tune_process

LARGE = 10_000_000
SMALL = 200_000
EVENT = 1_000_000


async def put_records(caller: Any, call: Any) -> dict[str, Any]:
    packed = b"".join(record.Data for record in call.Records)  # as the log does
    await asyncio.sleep(0.02)
    return {"FailedRecordCount": len(packed) * 0, "Records": []}


async def get_records(caller: Any, call: Any) -> dict[str, Any]:
    data = bytes(7000)
    records = [
        {"SequenceNumber": str(number), "Data": bytes(bytearray(data)), "PartitionKey": "key"}
        for number in range(LARGE * 3 // 4 // len(data))
    ]
    return {"Records": records}


async def list_shards(caller: Any, call: Any) -> dict[str, Any]:
    return {"NextToken": "x" * SMALL}


class Events:
    """Each made anew, as if all subscriptions were at different places."""

    async def ready(self) -> int:
        await asyncio.sleep(0)
        return EVENT * 5 // 2

    async def next(self) -> Event:
        data = bytes(bytearray(EVENT // 10))
        records = [Record(str(number), 0.0, data, "key") for number in range(10)]
        return Event("SubscribeToShardEvent", SubscribeToShardEvent(records, 0))

    def close(self) -> None:
        pass


async def subscribe(caller: Any, call: Any) -> Events:
    return Events()


HANDLERS = {
    "PutRecords": put_records,
    "GetRecords": get_records,
    "ListShards": list_shards,
    "SubscribeToShard": subscribe,
}


async def main(kind: str, bounds: Bounds) -> None:
    typed = {"PutRecords": TYPED["PutRecords"]}
    api = Api(load_service("kinesis"), HANDLERS, typed, frozenset({"GetRecords"}))
    server = SERVERS[kind](Application(pipeline_of(api), bounds), SETTINGS)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    host, port = await server.start()
    tune_process()
    print(f"Shardline is ready at http://{host}:{port}", flush=True)
    await stop.wait()
    await server.stop()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], Bounds(**json.loads(sys.argv[2]))))
