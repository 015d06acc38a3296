package shardline.client;

import static shardline.client.Expect.equal;
import static shardline.client.Expect.that;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** Writes records that are hard to carry and knows what must come back. */
final class Producer {
    static final BigInteger LAST_HASH_KEY = BigInteger.TWO.pow(128).subtract(BigInteger.ONE);
    private static final byte[] NOT_UTF8 = {(byte) 0xff, (byte) 0xfe, 0, (byte) 0xc3, 0x28};

    private final KinesisAsyncClient client;
    private final String stream;
    private final List<Record> written = new ArrayList<>();
    private List<Shard> open = List.of();

    Producer(KinesisAsyncClient client, String stream) {
        this.client = client;
        this.stream = stream;
    }

    /** From here on records go to these shards: they say where each key must go. */
    void into(List<Shard> shards) {
        open = shards;
    }

    List<Record> written() {
        return written;
    }

    void put() {
        PutRecordsRequestEntry entry = next(written.size());
        var answer = client.putRecord(r -> r
                .streamName(stream)
                .partitionKey(entry.partitionKey())
                .explicitHashKey(entry.explicitHashKey())
                .data(entry.data())).join();
        acknowledged(entry, answer.shardId(), answer.sequenceNumber());
    }

    void putBatch(int count) {
        int first = written.size();
        List<PutRecordsRequestEntry> entries =
                IntStream.range(first, first + count).mapToObj(Producer::next).toList();
        var answer = client.putRecords(r -> r.streamName(stream).records(entries)).join();
        equal(0, answer.failedRecordCount());
        equal(count, answer.records().size());
        for (int i = 0; i < count; i++) {
            var result = answer.records().get(i);
            acknowledged(entries.get(i), result.shardId(), result.sequenceNumber());
        }
    }

    /** Checks that {@code read} is exactly what was written, and in order per key. */
    void check(List<Record> read) {
        equal(perKey(written), perKey(read.stream().map(Record::withoutTime).toList()));
    }

    private static Map<String, List<Record>> perKey(List<Record> records) {
        return records.stream().collect(Collectors.groupingBy(Record::key));
    }

    private static PutRecordsRequestEntry next(int i) {
        var entry = PutRecordsRequestEntry.builder();
        if (i % 50 == 7) {
            return entry.partitionKey("explicit")
                    .explicitHashKey(LAST_HASH_KEY.toString())
                    .data(SdkBytes.fromUtf8String("explicit " + i))
                    .build();
        }
        return entry.partitionKey(i % 8 == 0 ? "schlüssel-鍵-🔑" : "key-" + i % 8)
                .data(hardData(i))
                .build();
    }

    private static SdkBytes hardData(int i) {
        return switch (i % 30) {
            case 0 -> SdkBytes.fromByteArray(new byte[0]);
            case 1 -> SdkBytes.fromByteArray(NOT_UTF8);
            case 2 -> {
                byte[] every = new byte[256];
                for (int value = 0; value < every.length; value++) {
                    every[value] = (byte) value;
                }
                yield SdkBytes.fromByteArray(every);
            }
            default -> SdkBytes.fromUtf8String("record " + i);
        };
    }

    private void acknowledged(PutRecordsRequestEntry entry, String shard, String sequence) {
        BigInteger hash = entry.explicitHashKey() == null
                ? md5(entry.partitionKey())
                : new BigInteger(entry.explicitHashKey());
        String home = open.stream().filter(s -> holds(s, hash)).findFirst().orElseThrow().shardId();
        that(home.equals(shard), entry.partitionKey() + " went to " + shard + ", not " + home);
        String data = HexFormat.of().formatHex(entry.data().asByteArray());
        written.add(new Record(shard, sequence, entry.partitionKey(), data, null));
    }

    private static boolean holds(Shard shard, BigInteger hash) {
        return new BigInteger(shard.hashKeyRange().startingHashKey()).compareTo(hash) <= 0
                && hash.compareTo(new BigInteger(shard.hashKeyRange().endingHashKey())) <= 0;
    }

    private static BigInteger md5(String key) {
        try {
            byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
            return new BigInteger(1, MessageDigest.getInstance("MD5").digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
