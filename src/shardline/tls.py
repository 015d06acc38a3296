"""Certificates: the check of those that are given, and one of our own for who has none."""

import datetime
import ipaddress
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from shardline.storage.files import write_atomic

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

VALID_DAYS = 825  # the longest that common clients accept
RENEW_BEFORE_DAYS = 30


def check_files(certificate: Path, key: Path) -> None:
    """Raise `ValueError`, with what would be right, unless these are a certificate and its key."""
    for path in (certificate, key):
        try:
            path.read_bytes()
        except OSError as error:
            raise ValueError(f"cannot read the TLS file {path}: {error.strerror}") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # An encrypted key would have OpenSSL ask for its password on the terminal.
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        reason = error.reason if isinstance(error, ssl.SSLError) else None
        raise ValueError(
            f"the TLS files {certificate} and {key} do not go together"
            f"{f' ({reason})' if reason else ''}: give a PEM certificate chain and its "
            "private key, not encrypted"
        ) from error


def self_signed(directory: Path, host: str, now: datetime.datetime) -> tuple[Path, Path]:
    """The certificate and key files in `directory`, made (or renewed) when needed.

    The certificate names localhost, the loopback addresses, this machine and `host`. The file also
    holds the authority that signed it, which is made for it and whose key is kept nowhere: clients
    trust the file by `AWS_CA_BUNDLE`, which `shardline env` sets. (A certificate that is its own
    authority would do for OpenSSL, but not for rustls.)
    """
    certificate, key = directory / "tls-certificate.pem", directory / "tls-key.pem"
    if not _still_good(certificate, key, host, now):
        certificate_pem, key_pem = _make(host, now)
        write_atomic(key, key_pem)
        write_atomic(certificate, certificate_pem)
    return certificate, key


def _names(host: str) -> set[str]:
    """What clients may call this server, as far as a certificate can hold it."""
    names = {"localhost", "127.0.0.1", "::1", socket.gethostname(), host}
    return {name for name in names - {"0.0.0.0", "::", ""} if name.isascii()}


def _still_good(certificate: Path, key: Path, host: str, now: datetime.datetime) -> bool:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
        own_key = load_pem_private_key(key.read_bytes(), password=None)
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return False  # not there yet, or garbled: it is ours to make again
    return (
        parsed.public_key() == own_key.public_key()  # not so after a crash between the two writes
        and parsed.not_valid_before_utc <= now
        and parsed.not_valid_after_utc - now >= datetime.timedelta(days=RENEW_BEFORE_DAYS)
        and {str(name.value) for name in names} >= _names(host)
    )


def _make(host: str, now: datetime.datetime) -> tuple[bytes, bytes]:
    """A certificate with its authority, and its key, in PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _named("Shardline authority")
    authority = (
        _builder(issuer, issuer, authority_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    signed_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    names = x509.SubjectAlternativeName([_general_name(name) for name in sorted(_names(host))])
    certificate = (
        _builder(_named("Shardline"), issuer, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(signed_by, critical=False)
        .add_extension(names, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return (
        certificate.public_bytes(pem) + authority.public_bytes(pem),
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _builder(
    subject: "x509.Name",
    issuer: "x509.Name",
    key: "ec.EllipticCurvePublicKey",
    now: datetime.datetime,
) -> "x509.CertificateBuilder":
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _named(name: str) -> "x509.Name":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(text: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
