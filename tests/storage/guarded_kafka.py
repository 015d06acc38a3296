"""A broker that asks who comes in, with a port for each way to say so."""

import datetime
import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cluster.kafka import KafkaCluster
from real_kafka import kafka_cluster

SCRAM = {
    "SCRAM-SHA-256": ScramMechanism.SCRAM_SHA_256,
    "SCRAM-SHA-512": ScramMechanism.SCRAM_SHA_512,
}


class Guarded(NamedTuple):
    """A broker with a port for each way to come in."""

    cluster: KafkaCluster
    plain: str
    sasl: str
    tls: str
    ca: Path


def certificate(path: Path) -> None:
    """A key and a certificate for 127.0.0.1 that it signs itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kafka")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    text = key.private_bytes(pem, pkcs8, serialization.NoEncryption()) + made.public_bytes(pem)
    path.write_bytes(text)
    path.with_suffix(".ca").write_bytes(made.public_bytes(pem))


def free_addresses(count: int) -> list[str]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return found


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Users alice, who may all, and mallory, who may nothing; SCRAM knows alice alone."""
    pem = tmp_path_factory.mktemp("tls") / "broker.pem"
    certificate(pem)
    sasl, tls = free_addresses(2)
    settings = {
        "listeners": f"SASL://{sasl},TLS://{tls}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "SASL:SASL_PLAINTEXT,TLS:SSL",
        "listener.name.sasl.sasl.enabled.mechanisms": ",".join(["PLAIN", *SCRAM]),
        "listener.name.sasl.plain.sasl.jaas.config": "org.apache.kafka.common.security.plain."
        'PlainLoginModule required user_alice="right" user_mallory="right";',
        **{
            f"listener.name.sasl.{mechanism.lower()}.sasl.jaas.config": "org.apache.kafka.common."
            "security.scram.ScramLoginModule required;"
            for mechanism in SCRAM
        },
        "listener.name.tls.ssl.keystore.type": "PEM",
        "listener.name.tls.ssl.keystore.location": str(pem),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS;User:alice",
        "message.max.bytes": "1000000",
    }
    with kafka_cluster(brokers=1, settings=settings) as cluster:
        add_to_scram(cluster, "alice", b"right of alice")
        yield Guarded(cluster, cluster.bootstrap_servers, sasl, tls, pem.with_suffix(".ca"))


def add_to_scram(cluster: KafkaCluster, user: str, password: bytes) -> None:
    """Give a user a password for each mechanism, of which the brokers keep a salted hash."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    for mechanism in SCRAM.values():
        new = UserScramCredentialUpsertion(user, ScramCredentialInfo(mechanism, 4096), password)
        admin.alter_user_scram_credentials([new])[user].result()
