"""For any request: botocore's signature is accepted, a changed request is refused, garbage too."""

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import SigV4QueryAuth
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.sigv4_support import ACCESS_KEY, HOST, signed, verifier
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Request

CODES = {
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
}

methods = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
path_characters = st.one_of(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="?#"),
    st.sampled_from("é€😀/.%"),
)
paths = st.text(path_characters, max_size=30).map(lambda text: "/" + text)
texts = st.text(st.characters(codec="utf-8"), max_size=12)
queries = st.lists(st.tuples(texts, texts), max_size=5).map(
    lambda pairs: urlencode(pairs, quote_via=quote, safe="-_.~")
)
header_names = st.from_regex(r"x-(?!amz)[a-z0-9-]{1,12}", fullmatch=True)
header_values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
headers = st.dictionaries(header_names, header_values, max_size=5)
bodies = st.binary(max_size=200)


@given(methods, paths, queries, headers, bodies)
@example("GET", "/./a//../b/.", "", {}, b"")
@example("POST", "//", "a=%2F&A=&a=%20&%C3%A9=%25", {"x-b": "  a   b  "}, b"\0")
def test_what_botocore_signs_is_accepted(method, path, query, given_headers, body):
    url = f"https://{HOST}{path}" + (f"?{query}" if query else "")
    request = signed(method, url, given_headers, body)
    assert verifier().verify(request, service="kinesis").access_key == ACCESS_KEY


@given(paths, queries)
def test_what_botocore_presigns_is_accepted(path, query):
    url = f"https://{HOST}{path}" + (f"?{query}" if query else "")
    request = signed("GET", url, {}, b"", auth=SigV4QueryAuth)
    assert verifier().verify(request, service="kinesis").access_key == ACCESS_KEY


def replaced(value: bytes, at: int) -> bytes:
    return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]


def changed_requests():
    """One request, once for each of its bytes, with that byte changed."""
    url = f"https://{HOST}/stream/name?Action=List&Name=a%2Fb"
    request = signed("POST", url, body=b'{"Limit":1}')
    for place in ("path", "query", "body"):
        value = getattr(request, place)
        for at in range(1 if place == "path" else 0, len(value)):
            changed = Request(
                request.method, request.path, request.query, request.headers, request.body
            )
            setattr(changed, place, replaced(value, at))
            yield f"{place}[{at}]", changed
    for name in (b"host", b"content-type", b"x-amz-target", b"authorization"):
        value = request.headers[name]
        start = value.index(b"Signature=") + 10 if name == b"authorization" else 0
        for at in range(start, len(value)):
            header = {**request.headers, name: replaced(value, at)}
            changed = Request("POST", request.path, request.query, header, request.body)
            yield f"{name.decode()}[{at}]", changed
    yield "method", Request("GET", request.path, request.query, request.headers, request.body)


def test_no_byte_can_be_changed():
    checks = verifier()
    places = 0
    for place, request in changed_requests():
        with pytest.raises(ServiceError) as refused:
            checks.verify(request, service="kinesis")
        assert (place, refused.value.code) == (place, "InvalidSignatureException")
        places += 1
    assert places > 190


now = datetime.now(UTC)
tokens = st.one_of(
    st.sampled_from(
        [
            b"AWS4-HMAC-SHA256",
            b"Credential=",
            b"Signature=",
            b"SignedHeaders=",
            b"=",
            b",",
            b" ",
            b";",
            b"/",
            b"host",
            b":authority",
            b"x-absent",
            f"{ACCESS_KEY}/{now:%Y%m%d}/us-east-1/kinesis/aws4_request".encode(),
            f"{now:%Y%m%dT%H%M%SZ}".encode(),
            f"{now:%a, %d %b %Y %H:%M:%S GMT}".encode(),
            b"0" * 64,
            b"\xff\xfe\x00",
            b"9" * 5000,
        ]
    ),
    st.binary(max_size=8),
)
garbage = st.lists(tokens, max_size=12).map(b"".join)
READ_HEADERS = (
    b"authorization",
    b"x-amz-date",
    b"date",
    b"host",
    b"x-amz-security-token",
    b"x-amz-content-sha256",
    b"x-amz-target",
)
garbled_headers = st.fixed_dictionaries({}, optional=dict.fromkeys(READ_HEADERS, garbage))


def assert_refused(request):
    with pytest.raises(ServiceError) as refused:
        verifier().verify(request, service="kinesis")
    assert refused.value.code in CODES
    assert refused.value.status == 400


@given(st.text(max_size=8), garbage, garbage, garbled_headers, bodies)
def test_garbage_is_refused(method, path, query, given_headers, body):
    assert_refused(Request(method, path, query, given_headers, body))


@given(garbled_headers.filter(bool), st.text(max_size=8), garbage, garbage)
@settings(suppress_health_check=[HealthCheck.filter_too_much])
def test_a_good_request_with_garbled_headers_never_fails_in_another_way(
    given_headers, method, path, query
):
    # Given
    request = signed(headers={"X-Amz-Target": "Kinesis_20131202.ListStreams"})
    request.headers.update(given_headers)
    request.method, request.path, request.query = method, path, query
    # When, Then: the method alone makes the signature wrong, whatever else is
    request.method += "X"
    assert_refused(request)


QUERY_NAMES = [b"Algorithm", b"Credential", b"Signature", b"SignedHeaders", b"Date", b"Expires"]


@given(st.lists(st.tuples(st.sampled_from(QUERY_NAMES), garbage), max_size=8))
def test_a_garbled_presigned_request_is_refused(parameters):
    query = b"X-Amz-Algorithm=AWS4-HMAC-SHA256" + b"".join(
        b"&X-Amz-%b=%b" % pair for pair in parameters
    )
    assert_refused(Request("GET", b"/", query, {b"host": HOST.encode()}, b""))


@pytest.mark.parametrize("size", [10_000, 1_000_000])
def test_huge_headers_are_refused(size):
    for name in (b"authorization", b"x-amz-date", b"x-amz-security-token"):
        for filler in (b"a", b"=", b",a", b";", b"\xff"):
            request = signed(token=None)
            request.headers[name] = request.headers.get(name, b"") + filler * size
            assert_refused(request)
