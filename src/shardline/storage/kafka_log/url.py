"""Where Kafka is and how to come in: `kafka://host:port,host:port/?name=value&…`.

Secrets stand in the environment, never in the URL: `SHARDLINE_KAFKA_PASSWORD` is the SASL
password, `SHARDLINE_KAFKA_KEY_PASSWORD` that of the TLS key.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PASSWORD = "SHARDLINE_KAFKA_PASSWORD"
KEY_PASSWORD = "SHARDLINE_KAFKA_KEY_PASSWORD"
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?")
_PREFIX = re.compile(r"[A-Za-z0-9._-]{1,80}")
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_KNOWN = (
    "prefix", "replication", "min_insync", "timeout_ms", "linger_ms", "tls", "ca", "certificate",
    "key", "sasl", "user",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How to use a Kafka cluster. Raises nothing: `parse` has checked everything."""

    brokers: str
    prefix: str = "shardline-"  # of every topic
    replication: int = 3  # replicas of each partition
    min_insync: int = 2  # that have a record before it is acknowledged
    timeout_ms: int = 20_000  # after which a record that no broker took has failed
    linger_ms: int = 5  # between two times at which records are sent
    security: Mapping[str, str] = field(default_factory=dict, repr=False)  # librdkafka's settings

    def client(self) -> dict[str, Any]:
        """librdkafka's settings of every client: how to connect."""
        return {
            "bootstrap.servers": self.brokers,
            "socket.keepalive.enable": True,
            "socket.nagle.disable": True,
            "log_level": 2,  # what matters comes as the error of a call
            "allow.auto.create.topics": False,
            # Packets that begin a connection and are lost come again after 1, 3 and 7 s, and then
            # only after 15 s: too late for a network that is mended.
            "socket.connection.setup.timeout.ms": 10_000,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 1000,
            **self.security,
        }


def parse(url: str, environment: Mapping[str, str]) -> KafkaSettings:
    """Read a URL. Raises `ValueError` with what would be right."""
    parts = urlsplit(url)
    if parts.scheme != "kafka":
        raise ValueError(f"{url!r} is no URL of Kafka, such as kafka://broker1:9092,broker2:9092/")
    if "@" in parts.netloc:
        raise ValueError(f"a URL of Kafka has no password: set user=… and {PASSWORD}")
    if parts.path not in ("", "/") or parts.fragment:
        raise ValueError(f"a URL of Kafka has no path, such as {parts.path or '#'}: use ?prefix=…")
    brokers = parts.netloc.split(",")
    for broker in brokers:
        if not _HOST.fullmatch(broker):
            raise ValueError(f"{broker!r} is not HOST:PORT, such as broker1:9092")
    options = _options(parts.query)
    replication = _number(options, "replication", 3)
    min_insync = _number(options, "min_insync", min(2, replication))
    if min_insync > replication:
        raise ValueError(f"min_insync={min_insync} needs more replicas than {replication}")
    prefix = options.get("prefix", "shardline-")
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"prefix={prefix!r} is not 1 to 80 of letters, digits, '.', '_' and '-'")
    return KafkaSettings(
        ",".join(broker if re.search(r":\d+$", broker) else f"{broker}:9092" for broker in brokers),
        prefix,
        replication,
        min_insync,
        _number(options, "timeout_ms", 20_000),
        _number(options, "linger_ms", 5),
        _security(options, environment),
    )


def _options(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    for name, _ in pairs:
        if name not in _KNOWN:
            raise ValueError(f"{name!r} is none of {', '.join(_KNOWN)}")
    if len(dict(pairs)) < len(pairs):
        raise ValueError("an option stands twice in the URL of Kafka")
    return dict(pairs)


def _number(options: Mapping[str, str], name: str, default: int) -> int:
    text = options.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ValueError(f"{name}={text!r} is not a number above 0")
    return int(text)


def _security(options: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    tls = options.get("tls", "on" if {"ca", "certificate", "key"} & options.keys() else "off")
    if tls not in ("on", "off"):
        raise ValueError(f"tls={tls!r} is neither on nor off")
    found: dict[str, str] = {}
    for name, setting in (
        ("ca", "ssl.ca.location"),
        ("certificate", "ssl.certificate.location"),
        ("key", "ssl.key.location"),
    ):
        if name in options:
            if tls == "off":
                raise ValueError(f"{name}=… needs tls=on")
            found[setting] = options[name]
    if environment.get(KEY_PASSWORD):
        found["ssl.key.password"] = environment[KEY_PASSWORD]
    sasl = options.get("sasl")
    if sasl is not None or "user" in options:
        found |= _sasl(sasl, options.get("user"), environment)
    protocol = ("SASL_" if sasl else "") + ("SSL" if tls == "on" else "PLAINTEXT")
    return {"security.protocol": protocol, **found}


def _sasl(sasl: str | None, user: str | None, environment: Mapping[str, str]) -> dict[str, str]:
    if sasl not in _MECHANISMS:
        raise ValueError(f"sasl={sasl} is none of {', '.join(_MECHANISMS)}")
    if not user or not environment.get(PASSWORD):
        raise ValueError(f"sasl={sasl} needs user=… in the URL and {PASSWORD} in the environment")
    return {
        "sasl.mechanism": sasl,
        "sasl.username": user,
        "sasl.password": environment[PASSWORD],
    }
