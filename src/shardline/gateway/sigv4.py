"""Signature Version 4: who makes a request, known from the secret that signed it.

Always on; no setting accepts what is not signed. Time is the wall's, since clients sign with it.

The order of the checks decides which fault a client is told about. It is AWS's, noted by
dynalite's author from answers of AWS: presence, parts, date, Host signed, algorithm, Credential's
form, its scope, the key (and whether its session has expired), the signature, the session token.

Which headers have to be signed: AWS's documentation demands Host and every `x-amz-*`, its services
(but S3) refuse an unsigned Host only. Here Host, and X-Amz-Target when there is one, without which
someone on the way could turn a signed read into a delete. The others need no demand: the date is
part of what is signed anyway, a session token is compared with the key's own, and the payload's
hash is computed from the body, whatever `x-amz-content-sha256` claims.
"""

import hmac
import re
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from shardline.gateway import sigv4_errors as errors
from shardline.gateway.canonical import canonical_request, parse_signed_headers
from shardline.gateway.credentials import Credential, KeyStore
from shardline.gateway.sigv4_parse import MAX_SKEW_S, Claim, read_claim
from shardline.gateway.types import Caller, Request

ALGORITHM = b"AWS4-HMAC-SHA256"
TERMINATOR = b"aws4_request"
_REGION = re.compile(rb"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_MOST_SIGNERS = 4096
_BLOCK_BYTES = 64  # of SHA-256


_Place = tuple[bytes, bytes, str]
"""Where a signer is kept: Credential, day of the request, service."""


class _Mac:
    """HMAC-SHA256 (RFC 2104) under one key.

    Both hashes have taken in the key; a text costs a copy of each. That is a third less than
    `hmac.HMAC.copy`, which goes through Python, and `hmac.digest` takes in the key every time.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))

    def hexdigest(self, text: bytes) -> str:
        inner = self._inner.copy()
        inner.update(text)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.hexdigest()


class _Signer(NamedTuple):
    """A credential scope, and what verifies its signatures."""

    credential: Credential
    caller: Caller
    scope: bytes  # `date/region/service/aws4_request`, as it is signed
    mac: _Mac  # keyed with the derived signing key, which is as long as a SHA-256


class SigV4Verifier:
    """Verifies signatures. Pure CPU: no I/O, and nothing waits."""

    def __init__(self, keys: KeyStore, *, wall_ms: Callable[[], int]) -> None:
        self._keys = keys
        self._wall_ms = wall_ms
        # Only what verified once is kept, so that strangers cannot fill it.
        self._signers: dict[_Place, _Signer] = {}

    def verify(self, request: Request, *, service: str) -> Caller:
        """Who signed this request for `service` (a signing name, such as `kinesis`).

        Raises `ServiceError`, and nothing else, for whatever a client can send.
        """
        claim = read_claim(request)
        self._check_time(claim)
        headers = request.headers
        signed = parse_signed_headers(claim.signed_headers)
        if b"host" not in signed.names:
            raise errors.unsigned_header("'Host' or ':authority'")
        if b"x-amz-target" in headers and b"x-amz-target" not in signed.names:
            raise errors.unsigned_header("'X-Amz-Target'")
        if claim.algorithm != ALGORITHM:
            raise errors.unsupported_algorithm(claim.algorithm)
        place = (claim.credential, claim.stamp.day, service)
        token = None if claim.token is None else claim.token.decode("latin-1")
        known = self._known(place, token)
        signer = known or self._new_signer(claim, service, token)
        payload_hash = sha256(request.body).hexdigest().encode()
        canonical = canonical_request(
            request.method, request.path, claim.query, headers, signed, payload_hash
        )
        if canonical is None or headers.get(b"x-amz-content-sha256", payload_hash) != payload_hash:
            raise errors.mismatch()
        canonical_hash = sha256(canonical).hexdigest().encode()
        signed_text = b"\n".join((ALGORITHM, claim.stamp.text, signer.scope, canonical_hash))
        if not hmac.compare_digest(signer.mac.hexdigest(signed_text).encode(), claim.signature):
            raise errors.mismatch()
        _check_token(signer.credential, token)
        if known is None:
            self._keep(place, signer)
        return signer.caller

    def _check_time(self, claim: Claim) -> None:
        now = self._wall_ms() // 1000
        age = now - claim.stamp.seconds
        if age > claim.lifetime_s:
            raise errors.expired(claim.stamp.text, now, claim.lifetime_s)
        if -age > MAX_SKEW_S:
            raise errors.not_yet_current(claim.stamp.text, now, MAX_SKEW_S)

    def _known(self, place: _Place, token: str | None) -> _Signer | None:
        signer = self._signers.get(place)
        if signer is None:
            return None
        # A key that was deleted or changed since must not live on here.
        current = self._keys.find(signer.credential.access_key, token)
        return signer if current is signer.credential else None

    def _new_signer(self, claim: Claim, service: str, token: str | None) -> _Signer:
        access_key, scope, region = _read_scope(claim, service)
        credential = self._keys.find(access_key, token)
        if credential is None:
            raise errors.unrecognized()
        caller = Caller(
            credential.account,
            region,
            access_key,
            credential.arn,
            credential.is_root,
            credential.actor,
        )
        signing_key = f"AWS4{credential.secret}".encode()
        for part in scope.split(b"/"):
            signing_key = hmac.digest(signing_key, part, "sha256")
        return _Signer(credential, caller, scope, _Mac(signing_key))

    def _keep(self, place: _Place, signer: _Signer) -> None:
        if len(self._signers) >= _MOST_SIGNERS:
            del self._signers[next(iter(self._signers))]  # the oldest: likely of an earlier day
        self._signers[place] = signer


def _read_scope(claim: Claim, service: str) -> tuple[str, bytes, str]:
    """Access key, scope to sign and region of a Credential whose every part is right."""
    elements = claim.credential.rstrip(b"/").split(b"/")  # AWS passes over slashes at the end
    if len(elements) != 5:
        raise errors.not_five_elements(claim.credential)
    access_key, day, region, signed_service, terminator = elements
    faults = []
    if not _REGION.fullmatch(region):
        faults.append(errors.bad_region(region))
    if signed_service != service.encode():
        faults.append(errors.wrong_service(service))
    if terminator != TERMINATOR:
        faults.append(errors.bad_terminator(terminator))
    if day != claim.stamp.day:
        faults.append(errors.wrong_day(day, claim.stamp.day, claim.stamp.text))
    if faults:
        raise errors.badly_scoped(faults)
    return access_key.decode("latin-1"), b"/".join(elements[1:]), region.decode()


def _check_token(credential: Credential, token: str | None) -> None:
    """Temporary credentials come with their session token, others with none."""
    own = credential.session_token
    if own is None and token is None:
        return
    if own is None or token is None or not hmac.compare_digest(own.encode(), token.encode()):
        raise errors.unrecognized()
