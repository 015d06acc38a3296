"""What a URL of Kafka says, and what is refused."""

import pytest

from shardline.storage.kafka_log.url import KafkaSettings, parse


def test_brokers_and_nothing_else_take_the_defaults() -> None:
    assert parse("kafka://b1,b2:9094/", {}) == KafkaSettings(
        "b1:9092,b2:9094", security={"security.protocol": "PLAINTEXT"}
    )


def test_every_option_is_read() -> None:
    found = parse(
        "kafka://b:1/?prefix=k.&replication=5&min_insync=3&timeout_ms=900&linger_ms=2"
        "&ca=/ca.pem&certificate=/c.pem&key=/k.pem&sasl=SCRAM-SHA-512&user=u",
        {"SHARDLINE_KAFKA_PASSWORD": "secret", "SHARDLINE_KAFKA_KEY_PASSWORD": "other"},
    )
    assert (found.prefix, found.replication, found.min_insync) == ("k.", 5, 3)
    assert (found.timeout_ms, found.linger_ms) == (900, 2)
    assert found.security == {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": "/ca.pem",
        "ssl.certificate.location": "/c.pem",
        "ssl.key.location": "/k.pem",
        "ssl.key.password": "other",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "u",
        "sasl.password": "secret",
    }
    assert "secret" not in repr(found)


def test_one_replica_needs_one_in_sync() -> None:
    assert parse("kafka://b/?replication=1", {}).min_insync == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://b/", "no URL of Kafka"),
        ("kafka://u:p@b/", "SHARDLINE_KAFKA_PASSWORD"),
        ("kafka://b/topic", "no path"),
        ("kafka:///", "HOST:PORT"),
        ("kafka://a,,b/", "HOST:PORT"),
        ("kafka://b/?prefix=a/b", "prefix"),
        ("kafka://b/?replication=0", "above 0"),
        ("kafka://b/?replication=1&min_insync=2", "more replicas"),
        ("kafka://b/?password=x", "none of"),
        ("kafka://b/?user=a&user=b", "twice"),
        ("kafka://b/?tls=maybe", "neither"),
        ("kafka://b/?tls=off&ca=x", "needs tls=on"),
        ("kafka://b/?sasl=GSSAPI&user=u", "none of PLAIN"),
        ("kafka://b/?user=u", "none of PLAIN"),
        ("kafka://b/?sasl=PLAIN&user=u", "in the environment"),
    ],
)
def test_what_cannot_be_is_refused(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(url, {})
