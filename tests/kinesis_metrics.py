"""What a server has published in AWS/Kinesis, as its metric store has it."""

from shardline.storage.metric_store import Datapoint, Metric
from shardline.storage.statistic_set import StatisticSet
from shardline.testing import TestServer

FOR_EVER_S = 10**11


class Published:
    """The metrics of one stream."""

    def __init__(self, server: TestServer, stream: str) -> None:
        self._server = server
        self._stream = stream

    def datapoints(self, name: str, **dimensions: str) -> list[Datapoint]:
        """The minutes of a metric of the stream, or of the part of it that is named."""
        named = tuple(sorted({"StreamName": self._stream, **dimensions}.items()))
        server = self._server
        server.run(server.node.publisher.flush())
        account = server.node.settings.account
        metric = Metric(account, server.region, "AWS/Kinesis", name, named)
        return list(server.run(server.node.metrics.read(metric, 60, 0, FOR_EVER_S)))

    def all(self, name: str, **dimensions: str) -> StatisticSet:
        """All of its minutes together."""
        first, *rest = self.datapoints(name, **dimensions)
        together = first.statistics
        for point in rest:
            together = together.merged(point.statistics)
        return together

    def values(self, name: str, **dimensions: str) -> dict[float, float]:
        """Its samples: each value with how often it occurred."""
        values = self.all(name, **dimensions).values
        assert values is not None
        return dict(values)

    def sum(self, name: str, **dimensions: str) -> float:
        return self.all(name, **dimensions).sum

    def names(self) -> set[tuple[str, str]]:
        """Every metric of the stream that has a datapoint: its name and the part it is of."""
        server = self._server
        server.run(server.node.publisher.flush())
        found = server.run(
            server.node.metrics.metrics(
                server.node.settings.account, server.region, namespace="AWS/Kinesis", limit=10**6
            )
        )
        return {
            (
                metric.name,
                "".join(value for name, value in metric.dimensions if name != "StreamName"),
            )
            for metric in found
            if ("StreamName", self._stream) in metric.dimensions
        }
