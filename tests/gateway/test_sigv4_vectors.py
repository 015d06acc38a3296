"""AWS's published test suite: each signed request is verified, each canonical form is AWS's."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.sigv4_support import ROOT
from shardline.gateway.canonical import (
    canonical_query,
    canonical_request,
    parse_signed_headers,
    query_parameters,
)
from shardline.gateway.credentials import FixedKeys
from shardline.gateway.errors import ServiceError
from shardline.gateway.sigv4 import SigV4Verifier
from shardline.gateway.types import Request

SUITE = json.loads((Path(__file__).parent / "sigv4_vectors.json").read_text(encoding="utf-8"))
NOW_MS = int(datetime(2015, 8, 30, 12, 36, tzinfo=UTC).timestamp()) * 1000
CASES = [pytest.param(case, id=case["name"]) for case in SUITE["cases"]]


def parsed(case):
    """A raw request as an HTTP server reads it: folded lines unfolded, duplicates joined."""
    head, _, body = case["request"].encode().partition(b"\n\n")
    first, *lines = head.replace(b"\n ", b" ").split(b"\n")
    method, target = first.removesuffix(b" HTTP/1.1").split(b" ", 1)
    path, _, query = target.partition(b"?")
    headers: dict[bytes, bytes] = {}
    for line in filter(None, lines):
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip()
        headers[name] = headers[name] + b"," + value if name in headers else value
    headers[b"authorization"] = case["authorization"].encode()
    return Request(method.decode(), path, query, headers, body)


def suite_verifier(request):
    token = request.headers.get(b"x-amz-security-token")
    credential = replace(ROOT, session_token=token and token.decode())
    return SigV4Verifier(FixedKeys([credential]), wall_ms=lambda: NOW_MS)


@pytest.mark.parametrize("case", CASES)
def test_a_published_request_is_verified(case):
    request = parsed(case)
    caller = suite_verifier(request).verify(request, service=SUITE["service"])
    assert (caller.access_key, caller.region) == (SUITE["access_key"], SUITE["region"])


@pytest.mark.parametrize("case", CASES)
def test_a_published_request_with_another_signature_is_refused(case):
    request = parsed(case)
    last = request.headers[b"authorization"][-1:]
    request.headers[b"authorization"] = request.headers[b"authorization"][:-1] + (
        b"0" if last != b"0" else b"1"
    )
    with pytest.raises(ServiceError) as refused:
        suite_verifier(request).verify(request, service=SUITE["service"])
    assert refused.value.code == "InvalidSignatureException"


@pytest.mark.parametrize("case", CASES)
def test_the_canonical_request_is_the_published_one(case):
    request = parsed(case)
    *_, names, payload_hash = case["canonical_request"].split("\n")
    canonical = canonical_request(
        request.method,
        request.path,
        canonical_query(query_parameters(request.query)),
        request.headers,
        parse_signed_headers(names.encode()),
        payload_hash.encode(),
    )
    assert canonical.decode() == case["canonical_request"]


def test_the_whole_suite_is_here():
    assert len(CASES) == 34
