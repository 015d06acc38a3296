// Reads shards to their ends, and streams in the order of their lineage.

import assert from "node:assert/strict";
import { GetRecordsCommand, GetShardIteratorCommand } from "@aws-sdk/client-kinesis";

const MOST_CALLS = 100;

/** Reads until the shard's end (`ended`, with its `children`) or, in an open one, its tail. */
export async function readShard(
  client, StreamName, ShardId, start = { ShardIteratorType: "TRIM_HORIZON" },
) {
  const first = new GetShardIteratorCommand({ StreamName, ShardId, ...start });
  let { ShardIterator } = await client.send(first);
  const records = [];
  for (let call = 0; call < MOST_CALLS; call++) {
    const answer = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 100 }));
    records.push(...answer.Records.map((record) => plain(ShardId, record)));
    ShardIterator = answer.NextShardIterator;
    if (!ShardIterator) {
      checkOrder(records);
      return { records, ended: true, children: answer.ChildShards };
    }
    assert.equal(answer.ChildShards, undefined);
    if (answer.MillisBehindLatest === 0 && answer.Records.length === 0) {
      checkOrder(records);
      return { records, ended: false };
    }
  }
  assert.fail(`${ShardId}: no end after ${MOST_CALLS} calls`);
}

/** Reads parents, then the children that their ends name, each once all its parents ended. */
export async function readLineage(client, StreamName, listed) {
  const known = new Map(listed.map((shard) => [shard.ShardId, shard]));
  const waiting = listed.filter((shard) => !shard.ParentShardId).map((shard) => shard.ShardId);
  const done = new Set();
  const records = [];
  while (waiting.length > 0) {
    const id = waiting.shift();
    const read = await readShard(client, StreamName, id);
    records.push(...read.records);
    done.add(id);
    const closed = known.get(id).SequenceNumberRange.EndingSequenceNumber !== undefined;
    assert.equal(read.ended, closed, `${id}: closed in the list, read to its end`);
    for (const child of read.children ?? []) {
      assert.deepEqual(child.HashKeyRange, known.get(child.ShardId).HashKeyRange);
      assert.deepEqual(child.ParentShards.toSorted(), parents(known.get(child.ShardId)));
      const ready = child.ParentShards.every((parent) => done.has(parent));
      if (ready) waiting.push(child.ShardId);
    }
  }
  assert.deepEqual([...done].sort(), [...known.keys()].sort(), "ChildShards left shards out");
  return records;
}

function parents({ ParentShardId, AdjacentParentShardId }) {
  return [ParentShardId, AdjacentParentShardId].filter(Boolean).sort();
}

function plain(shard, { SequenceNumber, PartitionKey, Data, ApproximateArrivalTimestamp }) {
  const age = Date.now() - ApproximateArrivalTimestamp.getTime();
  assert.ok(Math.abs(age) < 30_000, `a record arrived ${age} ms ago`);
  return {
    shard,
    sequence: SequenceNumber,
    key: PartitionKey,
    data: Buffer.from(Data).toString("hex"),
    arrived: ApproximateArrivalTimestamp,
  };
}

function checkOrder(records) {
  for (let i = 1; i < records.length; i++) {
    assert.ok(BigInt(records[i - 1].sequence) < BigInt(records[i].sequence));
  }
}
