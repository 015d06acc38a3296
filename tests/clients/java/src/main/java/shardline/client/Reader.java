package shardline.client;

import static shardline.client.Expect.equal;
import static shardline.client.Expect.that;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Reads shards to their ends, and streams in the order of their lineage. */
final class Reader {
    private static final int MOST_CALLS = 100;

    private final KinesisAsyncClient client;
    private final String stream;

    Reader(KinesisAsyncClient client, String stream) {
        this.client = client;
        this.stream = stream;
    }

    /** What reading a shard gave: up to its end, or to the tail of an open one. */
    record ShardRead(List<Record> records, boolean ended, List<ChildShard> children) {
    }

    ShardRead fromTheHorizon(String shard) {
        return read(shard, ShardIteratorType.TRIM_HORIZON, null);
    }

    ShardRead fromTime(String shard, Instant time) {
        return read(shard, ShardIteratorType.AT_TIMESTAMP, time);
    }

    private ShardRead read(String shard, ShardIteratorType start, Instant time) {
        String iterator = client.getShardIterator(r -> r
                .streamName(stream)
                .shardId(shard)
                .shardIteratorType(start)
                .timestamp(time)).join().shardIterator();
        List<Record> records = new ArrayList<>();
        for (int call = 0; call < MOST_CALLS; call++) {
            String from = iterator;
            GetRecordsResponse answer =
                    client.getRecords(r -> r.shardIterator(from).limit(100)).join();
            answer.records().forEach(got -> records.add(plain(shard, got)));
            iterator = answer.nextShardIterator();
            if (iterator == null) {
                checkOrder(records);
                return new ShardRead(records, true, answer.childShards());
            }
            that(!answer.hasChildShards(), shard + " goes on, yet names children");
            if (answer.millisBehindLatest() == 0 && answer.records().isEmpty()) {
                checkOrder(records);
                return new ShardRead(records, false, List.of());
            }
        }
        throw new AssertionError(shard + ": no end after " + MOST_CALLS + " calls");
    }

    private static Record plain(
            String shard, software.amazon.awssdk.services.kinesis.model.Record got) {
        Duration age = Duration.between(got.approximateArrivalTimestamp(), Instant.now());
        that(age.abs().toSeconds() < 30, "a record arrived " + age + " ago");
        String data = HexFormat.of().formatHex(got.data().asByteArray());
        return new Record(shard, got.sequenceNumber(), got.partitionKey(), data,
                got.approximateArrivalTimestamp());
    }

    private static void checkOrder(List<Record> records) {
        var sequences = records.stream().map(record -> new BigInteger(record.sequence())).toList();
        equal(sequences.stream().sorted(Comparator.naturalOrder()).distinct().toList(), sequences);
    }

    /** Reads parents, then the children that their ends name, each once all its parents ended. */
    List<Record> readLineage(List<Shard> listed) {
        Map<String, Shard> known =
                listed.stream().collect(Collectors.toMap(Shard::shardId, Function.identity()));
        Queue<String> waiting = new ArrayDeque<>();
        listed.stream()
                .filter(shard -> shard.parentShardId() == null)
                .forEach(shard -> waiting.add(shard.shardId()));
        Set<String> done = new HashSet<>();
        List<Record> records = new ArrayList<>();
        while (!waiting.isEmpty()) {
            String id = waiting.remove();
            ShardRead read = fromTheHorizon(id);
            records.addAll(read.records());
            done.add(id);
            String end = known.get(id).sequenceNumberRange().endingSequenceNumber();
            equal(end != null, read.ended());
            for (ChildShard child : read.children()) {
                checkChild(child, known.get(child.shardId()));
                if (done.containsAll(child.parentShards())) {
                    waiting.add(child.shardId());
                }
            }
        }
        equal(known.keySet(), done);
        return records;
    }

    private static void checkChild(ChildShard child, Shard listed) {
        equal(listed.hashKeyRange(), child.hashKeyRange());
        Set<String> parents = Stream.of(listed.parentShardId(), listed.adjacentParentShardId())
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
        equal(parents, Set.copyOf(child.parentShards()));
    }
}
