package shardline.client;

import java.time.Instant;

/** A record that was written, or one that was read (with its time of arrival). */
record Record(String shard, String sequence, String key, String hexData, Instant arrived) {
    Record withoutTime() {
        return new Record(shard, sequence, key, hexData, null);
    }
}
