// Enhanced fan-out with the AWS SDK for JavaScript 3 as it comes.
// Usage: node subscriber.js STREAM, with endpoint, keys and region in the standard AWS_* variables.
// Prints one JSON line of figures; any broken expectation ends it with a non-zero exit code.

import assert from "node:assert/strict";
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  PutRecordCommand,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
  SubscribeToShardCommand,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";

const RECORDS = 50;
const StreamName = process.argv[2];
const client = new KinesisClient({});
const wire = {};
client.middlewareStack.add(
  (next) => async (args) => {
    const result = await next(args);
    wire.http = ":status" in result.response.headers ? "2" : "1.1";
    return result;
  },
  { step: "deserialize", priority: "low" },
);

const StreamARN = await createStream();
const consumer = await register("reader");

// Records come as they are put, and the end of the shard after the last one.
const reading = readToTheEnd(await subscribe(consumer, 0, { Type: "TRIM_HORIZON" }));
const put = [];
for (let number = 0; number < RECORDS; number++) put.push(await putRecord(number));
await split();
const { records, children } = await reading;
assert.deepEqual(records, put);
assert.deepEqual(
  children.map(({ ShardId, ParentShards }) => [ShardId, ParentShards]),
  [1, 2].map((number) => [shardId(number), [shardId(0)]]),
);

// A second subscription is refused; a consumer that goes ends the first, with an error inside.
const open = await subscribe(consumer, 1, { Type: "LATEST" });
await assert.rejects(subscribe(consumer, 1, { Type: "LATEST" }), { name: "ResourceInUseException" });
const ending = assert.rejects(readToTheEnd(open), { name: "ResourceNotFoundException" });
await client.send(new DeregisterStreamConsumerCommand({ ConsumerARN: consumer }));
await ending;

await client.send(new DeleteStreamCommand({ StreamName }));
console.log(JSON.stringify({ read: records.length, children: children.length, ...wire }));

function shardId(number) {
  return `shardId-${String(number).padStart(12, "0")}`;
}

async function createStream() {
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  await waitUntilStreamExists({ client, maxWaitTime: 60, minDelay: 1 }, { StreamName });
  const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
  return answer.StreamDescriptionSummary.StreamARN;
}

async function register(ConsumerName) {
  const made = await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }));
  const { ConsumerARN } = made.Consumer;
  const described = await client.send(new DescribeStreamConsumerCommand({ ConsumerARN }));
  assert.equal(described.ConsumerDescription.ConsumerStatus, "ACTIVE");
  return ConsumerARN;
}

async function subscribe(ConsumerARN, shard, StartingPosition) {
  const call = { ConsumerARN, ShardId: shardId(shard), StartingPosition };
  return (await client.send(new SubscribeToShardCommand(call))).EventStream;
}

async function putRecord(number) {
  const Data = new TextEncoder().encode(`record ${number}`);
  const call = { StreamName, Data, PartitionKey: `key ${number}` };
  const { SequenceNumber } = await client.send(new PutRecordCommand(call));
  return [SequenceNumber, `key ${number}`, `record ${number}`];
}

async function split() {
  await client.send(
    new SplitShardCommand({
      StreamName,
      ShardToSplit: shardId(0),
      NewStartingHashKey: (2n ** 127n).toString(),
    }),
  );
}

async function readToTheEnd(events) {
  const records = [];
  let children = [];
  for await (const { SubscribeToShardEvent: event } of events) {
    for (const record of event.Records) {
      const data = new TextDecoder().decode(record.Data);
      records.push([record.SequenceNumber, record.PartitionKey, data]);
    }
    const ended = event.ContinuationSequenceNumber === undefined;
    assert.equal(ended, event.ChildShards !== undefined);
    if (ended) children = event.ChildShards;
  }
  return { records, children };
}
