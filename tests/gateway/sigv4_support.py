"""What the signature tests share: requests as a server hands them over, signed by botocore."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from shardline.gateway.credentials import FixedKeys, root_credential
from shardline.gateway.errors import ServiceError
from shardline.gateway.sigv4 import SigV4Verifier
from shardline.gateway.types import Request

ACCESS_KEY, SECRET, ACCOUNT = (
    "AKIDEXAMPLE",
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "123456789012",
)
ROOT = root_credential(ACCESS_KEY, SECRET, ACCOUNT)
HOST = "kinesis.us-east-1.amazonaws.com"

MISMATCH = (
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details.",
)
EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
UNRECOGNIZED = (
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
)


def verifier(*credentials, now_ms=None):
    """A verifier that knows the root key (or `credentials`), by the wall or a fixed time."""
    wall_ms = (lambda: now_ms) if now_ms is not None else (lambda: time.time_ns() // 1_000_000)
    return SigV4Verifier(FixedKeys(credentials or [ROOT]), wall_ms=wall_ms)


def sent(request: AWSRequest) -> Request:
    """A botocore request as it reaches the pipeline: lower-case names, raw path and query."""
    url = urlsplit(request.url)
    headers: dict[bytes, bytes] = {b"host": url.netloc.encode()}
    for name in set(request.headers.keys()):
        values = [
            value if isinstance(value, bytes) else str(value).encode()
            for value in request.headers.get_all(name)
        ]
        headers[name.lower().encode()] = b",".join(values)
    body = request.data.encode() if isinstance(request.data, str) else request.data
    return Request(request.method, url.path.encode(), url.query.encode(), headers, body or b"")


def signed(
    method="POST",
    url=f"https://{HOST}/",
    headers: Mapping[str, str] | None = None,
    body=b"{}",
    *,
    secret=SECRET,
    token=None,
    region="us-east-1",
    service="kinesis",
    auth=SigV4Auth,
    **options,
) -> Request:
    """A request signed by botocore, now."""
    if headers is None:
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "Kinesis_20131202.ListStreams",
        }
    request = AWSRequest(method, url, headers=headers, data=body)
    auth(Credentials(ACCESS_KEY, secret, token), service, region, **options).add_auth(request)
    return sent(request)


def refusal(request, *, verified_by=None, service="kinesis"):
    """Code and message of the refusal; its status is 400 always."""
    with pytest.raises(ServiceError) as refused:
        (verified_by or verifier()).verify(request, service=service)
    assert refused.value.status == 400
    return refused.value.code, refused.value.message


def stamp_ms(request):
    text = request.headers[b"x-amz-date"].decode()
    moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1000


def basic(ms):
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def rewritten(request, old, new):
    authorization = request.headers[b"authorization"]
    assert old in authorization
    request.headers[b"authorization"] = authorization.replace(old, new)
    return request
