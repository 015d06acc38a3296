"""A certificate of our own, for a server that is to speak TLS without anybody's authority."""

import datetime
import ipaddress
import socket
from pathlib import Path
from typing import Any

from shardline.storage.files import write_atomic

VALID_DAYS = 825  # the longest that common clients accept
RENEW_BEFORE_DAYS = 30


def self_signed(directory: Path, host: str, now: datetime.datetime) -> tuple[Path, Path]:
    """The certificate and key files in `directory`, made (or renewed) when needed.

    The certificate names localhost, the loopback addresses, this machine and `host`. It is its
    own CA: clients trust it by `AWS_CA_BUNDLE`, which `shardline env` sets.
    """
    certificate, key = directory / "tls-certificate.pem", directory / "tls-key.pem"
    if not _still_good(certificate, key, host, now):
        certificate_pem, key_pem = _make(host, now)
        write_atomic(key, key_pem)
        write_atomic(certificate, certificate_pem)
    return certificate, key


def _names(host: str) -> set[str]:
    return {"localhost", "127.0.0.1", "::1", socket.gethostname(), host} - {"0.0.0.0", "::", ""}


def _still_good(certificate: Path, key: Path, host: str, now: datetime.datetime) -> bool:
    from cryptography import x509

    if not (certificate.exists() and key.exists()):
        return False
    parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    if parsed.not_valid_after_utc - now < datetime.timedelta(days=RENEW_BEFORE_DAYS):
        return False
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names} >= _names(host)


def _make(host: str, now: datetime.datetime) -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Shardline")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in sorted(_names(host))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _general_name(text: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
