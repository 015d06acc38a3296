// Writes records that are hard to carry and knows what must come back.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { PutRecordCommand, PutRecordsCommand } from "@aws-sdk/client-kinesis";

const HARD_DATA = [
  new Uint8Array(0),
  Uint8Array.of(0xff, 0xfe, 0x00, 0xc3, 0x28), // not UTF-8
  Uint8Array.from({ length: 256 }, (_, byte) => byte),
];
const LAST_HASH_KEY = 2n ** 128n - 1n;

export class Producer {
  /** `shards` are the open ones: they say where each key must go. */
  constructor(client, streamName, shards) {
    this.client = client;
    this.streamName = streamName;
    this.shards = shards;
    this.written = [];
  }

  async put() {
    const entry = this.#next(this.written.length);
    const answer = await this.client.send(
      new PutRecordCommand({ StreamName: this.streamName, ...entry }),
    );
    this.#acknowledged(entry, answer);
  }

  async putBatch(count) {
    const first = this.written.length;
    const Records = Array.from({ length: count }, (_, i) => this.#next(first + i));
    const answer = await this.client.send(
      new PutRecordsCommand({ StreamName: this.streamName, Records }),
    );
    assert.equal(answer.FailedRecordCount, 0);
    assert.equal(answer.Records.length, count);
    answer.Records.forEach((result, i) => this.#acknowledged(Records[i], result));
  }

  /** Checks that `read` is exactly what was written, and in order per key. */
  check(read) {
    const bySequence = (a, b) => (BigInt(a.sequence) < BigInt(b.sequence) ? -1 : 1);
    const plain = ({ shard, sequence, key, data }) => ({ shard, sequence, key, data });
    assert.deepEqual(
      read.map(plain).sort(bySequence),
      this.written.toSorted(bySequence),
    );
    for (const key of new Set(this.written.map((record) => record.key))) {
      assert.deepEqual(
        read.filter((record) => record.key === key).map((record) => record.sequence),
        this.written.filter((record) => record.key === key).map((record) => record.sequence),
        `records of ${key} came back in another order`,
      );
    }
  }

  #next(i) {
    if (i % 50 === 7) {
      return {
        PartitionKey: "explicit",
        ExplicitHashKey: LAST_HASH_KEY.toString(),
        Data: Buffer.from(`explicit ${i}`),
      };
    }
    const PartitionKey = i % 8 === 0 ? "schlüssel-鍵-🔑" : `key-${i % 8}`;
    const Data = HARD_DATA[i % 30] ?? Buffer.from(`record ${i}`);
    return { PartitionKey, Data };
  }

  #acknowledged({ PartitionKey, ExplicitHashKey, Data }, { ShardId, SequenceNumber }) {
    const hash = ExplicitHashKey
      ? BigInt(ExplicitHashKey)
      : BigInt("0x" + createHash("md5").update(PartitionKey).digest("hex"));
    const home = this.shards.find(({ HashKeyRange: { StartingHashKey, EndingHashKey } }) =>
      BigInt(StartingHashKey) <= hash && hash <= BigInt(EndingHashKey));
    assert.equal(ShardId, home.ShardId, `${PartitionKey} went to the wrong shard`);
    this.written.push({
      shard: ShardId,
      sequence: SequenceNumber,
      key: PartitionKey,
      data: Buffer.from(Data).toString("hex"),
    });
  }
}
