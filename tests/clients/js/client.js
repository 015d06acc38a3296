// The scenario of every client test, with the AWS SDK for JavaScript 3 as it comes.
// Usage: node client.js STREAM, with endpoint, keys and region in the standard AWS_* variables.
// Prints one JSON line of figures; any broken expectation ends it with a non-zero exit code.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
  waitUntilStreamExists,
  waitUntilStreamNotExists,
} from "@aws-sdk/client-kinesis";
import { Producer } from "./producer.js";
import { readLineage, readShard } from "./reader.js";

const POLL = { maxWaitTime: 60, minDelay: 1, maxDelay: 1 }; // seconds
const MIDDLE_OF_LOWER_HALF = 2n ** 126n;
const sdk = createRequire(import.meta.url)("@aws-sdk/client-kinesis/package.json");

const StreamName = process.argv[2];
const client = new KinesisClient({});
const wire = recordTheWire(client);

const created = await createStream();
const producer = new Producer(client, StreamName, created.shards);
for (let i = 0; i < 20; i++) await producer.put();
for (let i = 0; i < 3; i++) await producer.putBatch(100);
await checkEverythingCameBack(created.shards);
await checkReadingFromATime(created.shards);

await split(created.shards[0]);
for (let i = 0; i < 20; i++) await producer.put();
await merge();
await producer.putBatch(100);
const everyShard = await listShards();
const lineage = await readLineage(client, StreamName, everyShard);
producer.check(lineage);

await checkUnknownStream();
await deleteStream();
console.log(
  JSON.stringify({
    sdk: `aws-sdk-js ${sdk.version}`,
    written: producer.written.length,
    read: lineage.length,
    shards: everyShard.length,
    ...wire,
  }),
);

/** Notes what the SDK sends; only an HTTP/2 answer has the pseudo header `:status`. */
function recordTheWire(client) {
  const seen = {};
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      seen.http = ":status" in result.response.headers ? "2" : "1.1";
      seen.content_type = args.request.headers["content-type"];
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  return seen;
}

async function createStream() {
  await client.send(
    new CreateStreamCommand({
      StreamName,
      ShardCount: 2,
      StreamModeDetails: { StreamMode: "PROVISIONED" },
    }),
  );
  await untilActive();
  const summary = await describe();
  assert.equal(summary.StreamName, StreamName);
  assert.equal(summary.StreamStatus, "ACTIVE");
  assert.equal(summary.StreamModeDetails.StreamMode, "PROVISIONED");
  assert.equal(summary.OpenShardCount, 2);
  assert.equal(summary.RetentionPeriodHours, 24);
  const age = Date.now() - summary.StreamCreationTimestamp.getTime();
  assert.ok(Math.abs(age) < 60_000, `the stream was created ${age} ms ago`);
  const shards = await listShards();
  assert.equal(shards.length, 2);
  assert.equal(shards[0].HashKeyRange.StartingHashKey, "0");
  assert.equal(
    BigInt(shards[0].HashKeyRange.EndingHashKey) + 1n,
    BigInt(shards[1].HashKeyRange.StartingHashKey),
  );
  assert.equal(BigInt(shards[1].HashKeyRange.EndingHashKey), 2n ** 128n - 1n);
  return { shards };
}

async function untilActive() {
  await waitUntilStreamExists({ client, ...POLL }, { StreamName });
}

async function describe() {
  const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
  return answer.StreamDescriptionSummary;
}

async function listShards() {
  const answer = await client.send(new ListShardsCommand({ StreamName }));
  assert.equal(answer.NextToken, undefined);
  return answer.Shards;
}

async function checkEverythingCameBack(shards) {
  const back = [];
  for (const shard of shards) {
    const { records, ended } = await readShard(client, StreamName, shard.ShardId);
    assert.equal(ended, false, `${shard.ShardId} is open, yet reading it came to an end`);
    back.push(...records);
  }
  producer.check(back);
}

async function checkReadingFromATime(shards) {
  for (const { ShardId } of shards) {
    const { records } = await readShard(client, StreamName, ShardId);
    const Timestamp = records.at(-1).arrived;
    const expected = records.filter((record) => record.arrived >= Timestamp);
    assert.ok(expected.length < records.length, "all records arrived in the same millisecond");
    const since = await readShard(client, StreamName, ShardId, {
      ShardIteratorType: "AT_TIMESTAMP",
      Timestamp,
    });
    assert.deepEqual(since.records, expected);
  }
}

async function split(shard) {
  await client.send(
    new SplitShardCommand({
      StreamName,
      ShardToSplit: shard.ShardId,
      NewStartingHashKey: MIDDLE_OF_LOWER_HALF.toString(),
    }),
  );
  await untilActive();
  producer.shards = (await listShards()).slice(1);
  assert.equal(producer.shards.length, 3);
  assert.equal((await describe()).OpenShardCount, 3);
}

async function merge() {
  const [upper, , middle] = producer.shards;
  await client.send(
    new MergeShardsCommand({
      StreamName,
      ShardToMerge: middle.ShardId,
      AdjacentShardToMerge: upper.ShardId,
    }),
  );
  await untilActive();
  const shards = await listShards();
  producer.shards = [shards[2], shards[4]];
  assert.equal(shards.length, 5);
  assert.equal(shards[4].ParentShardId, middle.ShardId);
  assert.equal(shards[4].AdjacentParentShardId, upper.ShardId);
  assert.equal((await describe()).OpenShardCount, 2);
}

async function checkUnknownStream() {
  const { StreamARN } = await describe();
  const account = StreamARN.split(":")[4];
  const unknown = `${StreamName}-unknown`;
  await assert.rejects(
    client.send(new DescribeStreamSummaryCommand({ StreamName: unknown })),
    (error) => {
      assert.equal(error.name, "ResourceNotFoundException");
      assert.equal(error.message, `Stream ${unknown} under account ${account} not found.`);
      assert.equal(error.$metadata.httpStatusCode, 400);
      assert.ok(error.$metadata.requestId);
      return true;
    },
  );
}

async function deleteStream() {
  await client.send(new DeleteStreamCommand({ StreamName }));
  await waitUntilStreamNotExists({ client, ...POLL }, { StreamName });
}
