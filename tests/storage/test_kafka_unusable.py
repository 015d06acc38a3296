"""A Kafka that cannot be used is told at start, within seconds, with what to change."""

import time
import uuid

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.admin._acl import AclBinding, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from contract.record_log_support import SetClock, batch, datas, read_all, run
from shardline.storage.kafka_log import KafkaLog, reach
from shardline.storage.kafka_log.topics import Topic, look
from shardline.storage.kafka_log.url import PASSWORD, parse
from shardline.storage.range_port import MemoryRanges
from shardline.storage.record_log import StorageError, StoreUnusable
from storage.guarded_kafka import SCRAM, Guarded, free_addresses, kafka
from their_topics import TheirTopic

__all__ = ["kafka"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
WITHIN_S = 20.0  # on a busy machine; alone it takes 1 to 6


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Brokers that do not answer at once are given up soon."""
    monkeypatch.setattr(reach, "_WITHIN_S", 1.5)


def open_log(address: str, options: str, password: str = "", prefix: str = "") -> str:
    """Open a log and use it; what it was refused with, or nothing."""
    prefix = prefix or f"test-{uuid.uuid4().hex}-"
    url = f"kafka://{address}/?replication=1&timeout_ms=5000&prefix={prefix}&{options}"
    settings = parse(url, {PASSWORD: password})

    async def main() -> str:
        began = time.monotonic()
        try:
            log = await KafkaLog.open(settings, SetClock(), MemoryRanges())
        except StoreUnusable as error:
            assert time.monotonic() - began < WITHIN_S
            return str(error)
        await log.create("s", [0])
        await log.append("s", [batch(0, bytes(10 * 2**20))])
        assert list(map(len, datas(await read_all(log, "s", 0)))) == [10 * 2**20]
        await log.close()
        return ""

    return run(main)


def test_the_right_credentials_are_let_in_whatever_the_broker_s_own_limit(kafka: Guarded) -> None:
    assert open_log(kafka.sasl, "sasl=PLAIN&user=alice", "right") == ""
    assert open_log(kafka.tls, f"ca={kafka.ca}") == ""


def test_wrong_credentials(kafka: Guarded) -> None:
    said = open_log(kafka.sasl, "sasl=PLAIN&user=alice", "wrong")
    assert "Authentication failed" in said
    assert f"look at sasl=, user= and {PASSWORD}" in said


@pytest.mark.parametrize("mechanism", SCRAM)
def test_scram(kafka: Guarded, mechanism: str) -> None:
    assert open_log(kafka.sasl, f"sasl={mechanism}&user=alice", "right of alice") == ""
    for user, password in (("alice", "right"), ("bob", "right of alice")):
        said = open_log(kafka.sasl, f"sasl={mechanism}&user={user}", password)
        assert "Authentication failed" in said
        assert f"look at sasl=, user= and {PASSWORD}" in said
        assert password not in said


def test_no_credentials(kafka: Guarded) -> None:
    assert "whether that port wants tls=on or sasl=" in open_log(kafka.sasl, "")


def test_credentials_where_none_are_wanted(kafka: Guarded) -> None:
    assert kafka.plain in open_log(kafka.plain, "sasl=PLAIN&user=alice", "right")


def test_tls_to_a_plain_port(kafka: Guarded) -> None:
    assert "whether that port speaks TLS" in open_log(kafka.plain, f"ca={kafka.ca}")


def test_plain_to_a_tls_port(kafka: Guarded) -> None:
    assert "whether that port wants tls=on" in open_log(kafka.tls, "")


def test_a_certificate_of_somebody_else(kafka: Guarded) -> None:
    said = open_log(kafka.tls, "tls=on")
    assert "certificate verify failed" in said
    assert "look at ca=" in said


def test_a_file_that_is_not_there() -> None:
    assert "/nowhere/ca.pem" in open_log("127.0.0.1:9", "ca=/nowhere/ca.pem")


def test_nobody_is_there() -> None:
    (address,) = free_addresses(1)
    assert "look at its addresses" in open_log(address, "")


def test_a_name_that_is_nobody_s() -> None:
    said = open_log("nowhere.invalid:9092", "")
    assert "nowhere.invalid:9092/bootstrap: Failed to resolve" in said


def test_a_user_who_may_nothing(kafka: Guarded) -> None:
    said = open_log(kafka.sasl, "sasl=PLAIN&user=mallory", "right", "denied-")
    assert "uthorization failed" in said
    assert "needs Create" in said
    assert "denied-*" in said


def test_a_topic_that_was_made_with_other_settings(kafka: Guarded) -> None:
    prefix = f"test-{uuid.uuid4().hex}-"
    topic, admin = f"{prefix}_owner", AdminClient({"bootstrap.servers": kafka.plain})
    admin.create_topics([NewTopic(topic, 1, 1, config={"retention.bytes": "-1"})])[topic].result()
    said = open_log(kafka.plain, "", prefix=prefix)
    assert "max.message.bytes=1000000 (11534336 is right)" in said
    assert "retention.ms=604800000 (-1 is right)" in said
    assert "retention.bytes" not in said
    assert f"all topics {prefix}*" in said


def test_a_cluster_with_a_broker_away_is_used_if_it_was_used_before(kafka: Guarded) -> None:
    prefix = f"test-{uuid.uuid4().hex}-"

    async def main() -> None:
        store = MemoryRanges()
        first = parse(f"kafka://{kafka.plain}/?replication=1&prefix={prefix}", {})
        await (await KafkaLog.open(first, SetClock(), store)).close()
        more = parse(f"kafka://{kafka.plain}/?replication=3&min_insync=1&prefix={prefix}", {})
        await (await KafkaLog.open(more, SetClock(), store)).close()

    run(main)


def test_a_topic_of_others_that_its_user_may_not_read(kafka: Guarded) -> None:
    topic = TheirTopic(kafka.cluster)

    def look_as(user: str) -> Topic | str:
        url = f"kafka://{kafka.sasl}/?sasl=PLAIN&user={user}"
        try:
            return run(lambda: look(parse(url, {PASSWORD: "right"}), topic.name))
        except StorageError as error:
            return str(error)

    needs = f"Kafka does not let its user read topic {topic.name}: it needs Describe and Read on it"
    assert look_as("mallory") == needs
    # nor does it help to see it
    user = "User:mallory", "*", AclOperation.DESCRIBE, AclPermissionType.ALLOW
    see = AclBinding(ResourceType.TOPIC, topic.name, ResourcePatternType.LITERAL, *user)
    topic.admin.create_acls([see])[see].result()
    assert look_as("mallory") == needs
    found = look_as("alice")
    assert isinstance(found, Topic)
    assert (found.partitions, found.retention_ms) == (1, 7 * 24 * 3_600_000)
    # Who may read it need not see its settings
    read = AclBinding(
        ResourceType.TOPIC, topic.name, ResourcePatternType.LITERAL,
        "User:mallory", "*", AclOperation.READ, AclPermissionType.ALLOW,
    )  # fmt: skip
    topic.admin.create_acls([read])[read].result()
    assert look_as("mallory") == found._replace(retention_ms=None)
