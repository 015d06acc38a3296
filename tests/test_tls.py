"""Certificates: those of our own, those that are given, and what speaks over them."""

import datetime
import os
import socket
import ssl
import stat
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from serve_process import environment, serving
from shardline.tls import RENEW_BEFORE_DAYS, VALID_DAYS, check_files, self_signed

pytestmark = pytest.mark.slow

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def names_in(certificate: Path) -> set[str]:
    parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    found = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in found}


def test_a_certificate_is_made_once_and_kept(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "127.0.0.1", NOW)
    made = certificate.read_bytes(), key.read_bytes()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    check_files(certificate, key)
    self_signed(tmp_path, "127.0.0.1", NOW + 100 * DAY)
    assert (certificate.read_bytes(), key.read_bytes()) == made


def test_a_certificate_is_renewed_before_it_ends(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "127.0.0.1", NOW)
    made = certificate.read_bytes()
    last_day = NOW + (VALID_DAYS - RENEW_BEFORE_DAYS) * DAY
    self_signed(tmp_path, "127.0.0.1", last_day)
    assert certificate.read_bytes() == made
    self_signed(tmp_path, "127.0.0.1", last_day + DAY)
    assert certificate.read_bytes() != made
    check_files(certificate, key)


def test_a_clock_that_was_ahead_does_not_leave_a_certificate_of_the_future(tmp_path: Path) -> None:
    certificate, _ = self_signed(tmp_path, "127.0.0.1", NOW + 500 * DAY)
    made = certificate.read_bytes()
    self_signed(tmp_path, "127.0.0.1", NOW)
    assert certificate.read_bytes() != made


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("127.0.0.1", set()),
        ("0.0.0.0", set()),
        ("::", set()),
        ("10.1.2.3", {"10.1.2.3"}),
        ("kinesis.example", {"kinesis.example"}),
        ("bücher.example", set()),
    ],
)
def test_the_names(tmp_path: Path, host: str, named: set[str]) -> None:
    certificate, _ = self_signed(tmp_path, host, NOW)
    always = {"localhost", "127.0.0.1", "::1", socket.gethostname()}
    assert names_in(certificate) == always | named


def test_another_host_makes_another_certificate(tmp_path: Path) -> None:
    certificate, _ = self_signed(tmp_path, "127.0.0.1", NOW)
    self_signed(tmp_path, "10.1.2.3", NOW)
    assert "10.1.2.3" in names_in(certificate)
    made = certificate.read_bytes()
    self_signed(tmp_path, "127.0.0.1", NOW)  # the wider one will do
    assert certificate.read_bytes() == made


@pytest.mark.parametrize("spoilt", ["tls-certificate.pem", "tls-key.pem"])
@pytest.mark.parametrize("with_what", [None, b"", b"garbled", "other"])
def test_what_is_garbled_or_does_not_match_is_made_anew(
    tmp_path: Path, spoilt: str, with_what: bytes | str | None
) -> None:
    """A crash between the two writes leaves files that do not match."""
    certificate, key = self_signed(tmp_path, "127.0.0.1", NOW)
    if with_what is None:
        (tmp_path / spoilt).unlink()
    elif isinstance(with_what, str):
        (tmp_path / "other").mkdir()
        self_signed(tmp_path / "other", "127.0.0.1", NOW)
        (tmp_path / "other" / spoilt).rename(tmp_path / spoilt)
    else:
        (tmp_path / spoilt).write_bytes(with_what)
    self_signed(tmp_path, "127.0.0.1", NOW)
    check_files(certificate, key)


def test_the_strictest_check_of_openssl_passes(tmp_path: Path) -> None:
    """Python 3.13 asks for it by default. The authority is no server, the server no authority."""
    certificate, key = self_signed(tmp_path, "127.0.0.1", datetime.datetime.now(datetime.UTC))
    client = ssl.create_default_context(cafile=certificate)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for turn in range(6):
        try:
            ends[turn % 2].do_handshake()
        except ssl.SSLWantReadError:
            continue
    assert ends[0].getpeercert()
    leaf, authority = x509.load_pem_x509_certificates(certificate.read_bytes())
    basic = [c.extensions.get_extension_for_class(x509.BasicConstraints) for c in (leaf, authority)]
    assert [each.value.ca for each in basic] == [False, True]


def test_given_files_are_checked(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "127.0.0.1", NOW)
    other = tmp_path / "other"
    other.mkdir()
    _, other_key = self_signed(other, "127.0.0.1", NOW)
    encrypted = tmp_path / "encrypted.pem"
    encrypted.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    check_files(certificate, key)
    for pair in ((certificate, other_key), (key, certificate), (certificate, encrypted)):
        with pytest.raises(ValueError, match="do not go together"):
            check_files(*pair)
    with pytest.raises(ValueError, match=r"cannot read the TLS file .*: Is a directory"):
        check_files(tmp_path, key)


@pytest.mark.parametrize("kind", ["h2corn", "granian"])
def test_real_clients_over_tls(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 trusts the file by AWS_CA_BUNDLE; ALPN offers HTTP/2 and HTTP/1.1."""
    arguments = ("--data-dir", tmp_path, "--port", 0, "--tls", "self-signed")
    with serving(*arguments, "--http-server", kind, env=environment()) as server:
        bundle = tmp_path / "tls-certificate.pem"
        monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
        kinesis = server.client()
        kinesis.create_stream(StreamName="a", ShardCount=1)
        put = kinesis.put_record(StreamName="a", Data=b"data", PartitionKey="key")
        assert put["ShardId"] == "shardId-000000000000"
        kinesis.close()
        context = ssl.create_default_context(cafile=bundle)
        for is_2, version in ((True, "HTTP/2"), (False, "HTTP/1.1")):
            with httpx.Client(http1=True, http2=is_2, verify=context) as client:
                answer = client.get(server.endpoint + "/_shardline/health")
                assert (answer.status_code, answer.http_version) == (200, version)
        assert os.stat(tmp_path / "tls-key.pem").st_mode & 0o077 == 0
        with socket.create_connection(server.address) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            plain.settimeout(10)
            assert b"200" not in plain.recv(1000)


def test_a_given_certificate_serves(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "127.0.0.1", datetime.datetime.now(datetime.UTC))
    arguments = ("--data-dir", tmp_path / "d", "--port", 0)
    with serving(*arguments, "--tls-cert", certificate, "--tls-key", key) as server:
        context = ssl.create_default_context(cafile=certificate)
        answer = httpx.get(server.endpoint + "/_shardline/health", verify=context)
        assert answer.status_code == 200
