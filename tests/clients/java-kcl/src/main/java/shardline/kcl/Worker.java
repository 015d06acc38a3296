package shardline.kcl;

import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.CoordinatorConfig;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.metrics.MetricsConfig;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.RetrievalConfig;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * A worker of an application of the Kinesis Client Library: reads a stream from its oldest record
 * until its standard input ends, then stops as the library would have it. Endpoints, keys and
 * region are in the standard AWS_* variables. The library's pauses are made short, since a test
 * waits for what takes minutes by default; nothing else is changed.
 *
 * Arguments: stream, application, worker, polling or fanout, journal's path, batches per checkpoint.
 */
public final class Worker {
    private static final long FAILOVER_MS = 6_000; // less is too short on a busy machine
    private static final long PAUSE_MS = 250;

    private Worker() {}

    public static void main(String[] arguments) throws Exception {
        String stream = arguments[0];
        String application = arguments[1];
        String worker = arguments[2];
        boolean fanOut = arguments[3].equals("fanout");
        Journal journal = new Journal(Path.of(arguments[4]));
        int batchesPerCheckpoint = Integer.parseInt(arguments[5]);

        KinesisAsyncClient kinesis =
                KinesisClientUtil.createKinesisAsyncClient(KinesisAsyncClient.builder());
        var oldest = InitialPositionInStreamExtended.newInitialPosition(
                InitialPositionInStream.TRIM_HORIZON);
        ConfigsBuilder configs = new ConfigsBuilder(
                new SingleStreamTracker(stream, oldest),
                application,
                kinesis,
                DynamoDbAsyncClient.create(),
                CloudWatchAsyncClient.create(),
                worker,
                () -> new Processor(journal, batchesPerCheckpoint));
        Scheduler scheduler = new Scheduler(
                configs.checkpointConfig(),
                coordination(configs.coordinatorConfig()),
                leases(configs.leaseManagementConfig()),
                configs.lifecycleConfig().taskBackoffTimeMillis(PAUSE_MS),
                metrics(configs.metricsConfig()),
                configs.processorConfig(),
                retrieval(configs.retrievalConfig(), kinesis, stream, application, fanOut));

        stopWhenInputEnds(scheduler);
        scheduler.run();
        System.exit(0); // the SDK's clients keep threads that would end in their own time
    }

    private static CoordinatorConfig coordination(CoordinatorConfig config) {
        return config
                .parentShardPollIntervalMillis(PAUSE_MS)
                .shardConsumerDispatchPollIntervalMillis(PAUSE_MS)
                .schedulerInitializationBackoffTimeMillis(PAUSE_MS);
    }

    private static LeaseManagementConfig leases(LeaseManagementConfig config) {
        return config
                .failoverTimeMillis(FAILOVER_MS)
                .shardSyncIntervalMillis(PAUSE_MS)
                .leaseAssignmentIntervalMillis(PAUSE_MS * 4)
                .leasesRecoveryAuditorExecutionFrequencyMillis(PAUSE_MS * 4)
                .leasesRecoveryAuditorInconsistencyConfidenceThreshold(2)
                .listShardsCacheAllowedAgeInSeconds(1)
                .dynamoDbLockBasedLeaderLeaseDurationInMillis(FAILOVER_MS)
                .dynamoDbLockBasedLeaderHeartbeatPeriodInMillis(FAILOVER_MS / 4);
    }

    private static MetricsConfig metrics(MetricsConfig config) {
        return config.metricsBufferTimeMillis(1_000); // what it counts goes to CloudWatch
    }

    private static RetrievalConfig retrieval(
            RetrievalConfig config,
            KinesisAsyncClient kinesis,
            String stream,
            String application,
            boolean fanOut) {
        RetrievalSpecificConfig how = fanOut
                ? new FanOutConfig(kinesis).streamName(stream).applicationName(application)
                : new PollingConfig(stream, kinesis)
                        .idleTimeBetweenReadsInMillis(PAUSE_MS)
                        .usePollingConfigIdleTimeValue(true);
        return config.retrievalSpecificConfig(how);
    }

    private static void stopWhenInputEnds(Scheduler scheduler) {
        Thread stopper = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {}
                scheduler.startGracefulShutdown().get();
            } catch (java.io.IOException | InterruptedException | ExecutionException failed) {
                failed.printStackTrace();
                System.exit(1);
            }
        });
        stopper.setDaemon(true);
        stopper.start();
    }
}
