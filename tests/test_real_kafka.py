"""The Kafka that tests run against: it keeps what it acknowledged, and leaves nothing behind."""

import shutil
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import psutil
import pytest
from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from cluster.kafka import KafkaCluster
from real_kafka import kafka_broker, kafka_cluster

__all__ = ["kafka_broker"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[1]
MIB = 2**20


def new_topic(cluster: KafkaCluster) -> str:
    name = f"t-{uuid.uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    admin.create_topics([NewTopic(name, num_partitions=1)])[name].result()
    return name


def outcome(cluster: KafkaCluster, topic: str, value: bytes) -> KafkaError | None:
    """What became of a record; None is acknowledged."""
    outcomes: list[KafkaError | None] = []

    def note(error: KafkaError | None, _: Message) -> None:
        outcomes.append(error)

    producer = Producer(
        {
            "bootstrap.servers": cluster.bootstrap_servers,
            "acks": "all",
            "message.max.bytes": 64 * MIB,
            "log_level": 0,
            "topic.metadata.propagation.max.ms": 1000,
        }
    )
    producer.produce(topic, value, on_delivery=note)
    assert producer.flush(60) == 0
    return outcomes[0]


def test_a_record_of_10_mib_passes_and_one_beyond_the_limit_does_not(
    kafka_broker: KafkaCluster,
) -> None:
    topic = new_topic(kafka_broker)
    assert outcome(kafka_broker, topic, bytes(10 * MIB)) is None
    error = outcome(kafka_broker, topic, bytes(13 * MIB))
    assert error is not None
    assert error.code() == KafkaError.MSG_SIZE_TOO_LARGE


def test_topics_are_not_made_by_writing(kafka_broker: KafkaCluster) -> None:
    error = outcome(kafka_broker, "nobody-made-it", b"x")
    assert error is not None
    assert error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)


def test_two_of_three_brokers_take_records_and_one_alone_does_not() -> None:
    with kafka_cluster(brokers=3) as cluster:
        topic = new_topic(cluster)
        assert outcome(cluster, topic, b"of three") is None
        cluster.kill(1)
        assert not cluster.is_running(1)
        assert outcome(cluster, topic, b"of two") is None
        cluster.start(1)
        cluster.stop(2)
        assert outcome(cluster, topic, b"of the others") is None
        assert cluster.data_directory(1).is_dir()
        processes = [
            each.pid for each in psutil.process_iter(["cmdline"])
            if str(cluster.directory) in " ".join(each.info["cmdline"] or ())
        ]  # fmt: skip
        assert len(processes) == 2
    assert not any(map(psutil.pid_exists, processes))


def test_a_broker_dies_with_the_process_that_started_it() -> None:
    script = (
        "from real_kafka import kafka_cluster\n"
        "with kafka_cluster(brokers=1) as cluster:\n"
        "    print(cluster.directory, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": "/usr/bin:/bin:/usr/local/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        directory = process.stdout.readline().strip()
        pid = int((Path(directory) / "broker-1" / "pid").read_text().split()[0])
        broker = psutil.Process(pid)
        assert broker.is_running()
        process.send_signal(signal.SIGKILL)
        process.wait()
    broker.wait(30)
    shutil.rmtree(directory)
