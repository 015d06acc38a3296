package shardline.client;

import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.Http2Metric;
import software.amazon.awssdk.metrics.MetricCollection;
import software.amazon.awssdk.metrics.MetricPublisher;

/** Notes what the SDK sends. Its HTTP client reports flow-control windows only of HTTP/2. */
final class Wire implements ExecutionInterceptor, MetricPublisher {
    private volatile String contentType = "";
    private volatile boolean windowsSeen;

    String contentType() {
        return contentType;
    }

    String httpVersion() {
        return windowsSeen ? "2" : "1.1";
    }

    @Override
    public void beforeTransmission(
            Context.BeforeTransmission context, ExecutionAttributes ignored) {
        contentType = context.httpRequest().firstMatchingHeader("Content-Type").orElse("");
    }

    @Override
    public void publish(MetricCollection metrics) {
        if (!metrics.metricValues(Http2Metric.REMOTE_STREAM_WINDOW_SIZE_IN_BYTES).isEmpty()) {
            windowsSeen = true;
        }
        metrics.children().forEach(this::publish);
    }

    @Override
    public void close() {
    }
}
