package shardline.client;

import static shardline.client.Expect.equal;
import static shardline.client.Expect.that;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ScalingType;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamMode;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;
import software.amazon.awssdk.services.kinesis.waiters.KinesisAsyncWaiter;

/**
 * The scenario of every client test, with the AWS SDK for Java 2 and its asynchronous client as it
 * comes. Takes the stream's name; endpoint, keys and region are in the standard AWS_* variables.
 * Prints one JSON line of figures; any broken expectation ends it with exit code 1.
 */
public final class Main {
    private static final BigInteger TWO = BigInteger.TWO;

    private final KinesisAsyncClient client;
    private final KinesisAsyncWaiter waiter;
    private final String stream;
    private final Producer producer;
    private final Reader reader;

    private Main(KinesisAsyncClient client, String stream) {
        this.client = client;
        this.stream = stream;
        this.waiter = KinesisAsyncWaiter.builder()
                .client(client)
                .overrideConfiguration(c -> c
                        .maxAttempts(600)
                        .backoffStrategyV2(BackoffStrategy.fixedDelay(Duration.ofMillis(100)))
                        .waitTimeout(Duration.ofSeconds(60)))
                .build();
        this.producer = new Producer(client, stream);
        this.reader = new Reader(client, stream);
    }

    public static void main(String[] arguments) {
        Wire wire = new Wire();
        KinesisAsyncClient client = KinesisAsyncClient.builder()
                .overrideConfiguration(c -> c
                        .addExecutionInterceptor(wire)
                        .addMetricPublisher(wire))
                .build();
        try {
            new Main(client, arguments[0]).run(wire);
        } catch (Throwable broken) {
            broken.printStackTrace();
            System.exit(1);
        }
        System.exit(0); // closing the client would wait 2 s for late events of its connections
    }

    private void run(Wire wire) {
        create();
        putSingles();
        for (int i = 0; i < 3; i++) {
            producer.putBatch(100);
        }
        checkEverythingCameBack();
        checkReadingFromATime();

        doubleTheShards();
        putSingles();
        producer.putBatch(100);
        List<Shard> shards = listShards();
        List<Record> read = reader.readLineage(shards);
        producer.check(read);

        checkUnknownStream();
        delete();
        System.out.printf(
                "{\"sdk\": \"aws-sdk-java %s\", \"written\": %d, \"read\": %d, \"shards\": %d,"
                        + " \"http\": \"%s\", \"content_type\": \"%s\"}%n",
                VersionInfo.SDK_VERSION, producer.written().size(), read.size(), shards.size(),
                wire.httpVersion(), wire.contentType());
    }

    private void create() {
        client.createStream(r -> r
                .streamName(stream)
                .shardCount(2)
                .streamModeDetails(m -> m.streamMode(StreamMode.PROVISIONED))).join();
        untilActive();
        StreamDescriptionSummary summary = describe();
        equal(stream, summary.streamName());
        equal(StreamStatus.ACTIVE, summary.streamStatus());
        equal(StreamMode.PROVISIONED, summary.streamModeDetails().streamMode());
        equal(2, summary.openShardCount());
        equal(24, summary.retentionPeriodHours());
        Duration age = Duration.between(summary.streamCreationTimestamp(), Instant.now());
        that(age.abs().toSeconds() < 60, "the stream was created " + age + " ago");

        List<Shard> shards = listShards();
        equal(2, shards.size());
        equal("0", shards.get(0).hashKeyRange().startingHashKey());
        equal(new BigInteger(shards.get(0).hashKeyRange().endingHashKey()).add(BigInteger.ONE),
                new BigInteger(shards.get(1).hashKeyRange().startingHashKey()));
        equal(Producer.LAST_HASH_KEY, new BigInteger(shards.get(1).hashKeyRange().endingHashKey()));
        producer.into(shards);
    }

    private void untilActive() {
        waiter.waitUntilStreamExists(r -> r.streamName(stream)).join();
    }

    private StreamDescriptionSummary describe() {
        return client.describeStreamSummary(r -> r.streamName(stream)).join()
                .streamDescriptionSummary();
    }

    private List<Shard> listShards() {
        var answer = client.listShards(r -> r.streamName(stream)).join();
        that(answer.nextToken() == null, "ListShards gave a token for a few shards");
        return answer.shards();
    }

    private void putSingles() {
        for (int i = 0; i < 20; i++) {
            producer.put();
        }
    }

    private void checkEverythingCameBack() {
        List<Record> back = new ArrayList<>();
        for (Shard shard : listShards()) {
            Reader.ShardRead read = reader.fromTheHorizon(shard.shardId());
            that(!read.ended(), shard.shardId() + " is open, yet reading it came to an end");
            back.addAll(read.records());
        }
        producer.check(back);
    }

    private void checkReadingFromATime() {
        for (Shard shard : listShards()) {
            List<Record> all = reader.fromTheHorizon(shard.shardId()).records();
            Instant since = all.get(all.size() - 1).arrived();
            List<Record> expected =
                    all.stream().filter(record -> !record.arrived().isBefore(since)).toList();
            that(expected.size() < all.size(), "all records arrived in the same millisecond");
            equal(expected, reader.fromTime(shard.shardId(), since).records());
        }
    }

    private void doubleTheShards() {
        var answer = client.updateShardCount(r -> r
                .streamName(stream)
                .targetShardCount(4)
                .scalingType(ScalingType.UNIFORM_SCALING)).join();
        equal(stream, answer.streamName());
        equal(2, answer.currentShardCount());
        equal(4, answer.targetShardCount());
        untilActive();
        equal(4, describe().openShardCount());
        List<Shard> open = listShards().stream()
                .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
                .toList();
        equal(4, open.size());
        BigInteger quarter = TWO.pow(126);
        for (Shard shard : open) {
            BigInteger start = new BigInteger(shard.hashKeyRange().startingHashKey());
            equal(BigInteger.ZERO, start.mod(quarter));
        }
        producer.into(open);
    }

    private void checkUnknownStream() {
        String account = describe().streamARN().split(":")[4];
        String unknown = stream + "-unknown";
        try {
            client.describeStreamSummary(r -> r.streamName(unknown)).join();
        } catch (CompletionException failed) {
            that(failed.getCause() instanceof ResourceNotFoundException, failed.toString());
            var error = ((ResourceNotFoundException) failed.getCause()).awsErrorDetails();
            equal("ResourceNotFoundException", error.errorCode());
            equal("Stream " + unknown + " under account " + account + " not found.",
                    error.errorMessage());
            equal(400, error.sdkHttpResponse().statusCode());
            return;
        }
        that(false, "an unknown stream was described");
    }

    private void delete() {
        client.deleteStream(r -> r.streamName(stream)).join();
        waiter.waitUntilStreamNotExists(r -> r.streamName(stream)).join();
    }
}
