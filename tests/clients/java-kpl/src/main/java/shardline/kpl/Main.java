package shardline.kpl;

import com.google.common.util.concurrent.ListenableFuture;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordResult;

/**
 * Puts what comes on standard input, a line of partition key, tab and data in base64 for each
 * record, into a stream with the Kinesis Producer Library. Prints a line of shard, tab and sequence
 * number for each, in the order of the input. The stream's name is the argument; endpoint, keys,
 * region and trusted certificate are in the standard AWS_* variables. Everything else is the
 * library's default, aggregation included.
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        KinesisProducer producer = new KinesisProducer(configuration());
        List<ListenableFuture<UserRecordResult>> results = new ArrayList<>();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = input.readLine()) != null; ) {
            String[] fields = line.split("\t", -1);
            ByteBuffer data = ByteBuffer.wrap(Base64.getDecoder().decode(fields[1]));
            results.add(producer.addUserRecord(arguments[0], fields[0], data));
            if (results.size() == 1) {
                producer.flushSync(); // by then it knows the shards, which it needs to aggregate
            }
        }
        producer.flushSync();
        StringBuilder answer = new StringBuilder();
        for (var each : results) {
            UserRecordResult result = each.get(); // throws if the record was not put
            answer.append(result.getShardId()).append('\t').append(result.getSequenceNumber());
            answer.append('\n');
        }
        System.out.print(answer);
        producer.destroy();
        System.exit(0);
    }

    private static KinesisProducerConfiguration configuration() {
        URI endpoint = URI.create(System.getenv("AWS_ENDPOINT_URL"));
        return new KinesisProducerConfiguration()
                .setRegion(System.getenv("AWS_REGION"))
                .setKinesisEndpoint(endpoint.getHost())
                .setKinesisPort(endpoint.getPort())
                .setStsEndpoint(endpoint.getHost())
                .setStsPort(endpoint.getPort())
                .setCaCertFile(System.getenv("AWS_CA_BUNDLE"))
                .setCloudwatchEndpoint(endpoint.getHost())
                .setCloudwatchPort(endpoint.getPort())
                .setMetricsUploadDelay(1_000);
    }
}
