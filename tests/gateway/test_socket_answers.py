"""What AWS's front answers, over a real socket: HTTP/1.1 and HTTP/2, h2corn and Granian.

The rows are those of kinesalite's `test/connection.js`, whose author ran it against AWS.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import cbor2
import httpx
import pytest

from gateway.sigv4_support import basic
from gateway.socket_support import CBOR, JSON, TARGET, Gateway, api_of, no_streams, signed_headers
from gateway.socket_support import gateway as serving
from shardline import __version__
from shardline.gateway.bounds import Bounds
from shardline.gateway.model import load_service

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
GOOD = TARGET + "ListStreams"
DEPRECATED = "application/json"
SERIALIZATION, UNKNOWN = "SerializationException", "UnknownOperationException"


class Client:
    """Requests with headers just as given."""

    def __init__(self, gateway: Gateway, http: httpx.Client) -> None:
        self.gateway = gateway
        self.http = http

    def send(
        self,
        body: bytes = b"{}",
        method: str = "POST",
        path: str = "",
        **headers: str,
    ) -> httpx.Response:
        """A request with these headers, `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, self.gateway.url + path, content=body, headers=named)

    def signed(self, body: bytes = b"{}", method: str = "POST", **headers: str) -> httpx.Response:
        """The same, signed."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        fields = signed_headers(self.gateway.url, body, method=method, headers=named)
        return self.http.request(method, self.gateway.url, content=body, headers=fields)


@pytest.fixture(scope="module", params=["h2corn", "granian"])
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    bounds = Bounds(body_bytes=100_000)
    with serving(request.param, api_of({"ListStreams": no_streams}), bounds=bounds) as running:
        yield running


@pytest.fixture(scope="module", params=["HTTP/1.1", "HTTP/2"])
def client(request: pytest.FixtureRequest, gateway: Gateway) -> Iterator[Client]:
    is_2 = request.param == "HTTP/2"
    with httpx.Client(http1=not is_2, http2=is_2, timeout=10) as http:
        yield Client(gateway, http)


def decoded(response: httpx.Response) -> Any:
    decode = cbor2.loads if response.headers["content-type"] == CBOR else json.loads
    return decode(response.content)


def assert_has_ids(response: httpx.Response) -> None:
    assert UUID.fullmatch(response.headers["x-amzn-requestid"])
    assert len(base64.b64decode(response.headers["x-amz-id-2"], validate=True)) in range(64, 81)
    assert int(response.headers["content-length"]) == len(response.content)


def assert_xml(response: httpx.Response, status: int, code: str, message: str) -> None:
    assert response.status_code == status
    assert "content-type" not in response.headers
    assert response.text == f"<{code}>\n  <Message>{message}</Message>\n</{code}>\n"
    assert_has_ids(response)


def test_a_signed_call_is_answered(client: Client) -> None:
    for content_type, body in ((JSON, b"{}"), (CBOR, cbor2.dumps({}))):
        response = client.signed(body, content_type=content_type, x_amz_target=GOOD)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == content_type
        assert decoded(response) == {"StreamNames": [], "HasMoreStreams": False}
        assert_has_ids(response)


@pytest.mark.parametrize(
    "content_type", [f"{JSON}   ;whatever", f"{JSON}; charset=utf-8", f"{JSON};"]
)
def test_parameters_of_the_content_type_are_passed_over(client: Client, content_type: str) -> None:
    response = client.send(content_type=content_type, x_amz_target=GOOD)
    assert (response.status_code, response.headers["content-type"]) == (400, JSON)
    assert decoded(response)["__type"] == "MissingAuthenticationTokenException"


@pytest.mark.one_in(5)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [*product([JSON], [b"", b"{}"]), (CBOR, cbor2.dumps({}))],
)
@pytest.mark.parametrize(
    "target",
    [None, "whatever", "Kinesis_20131202", TARGET, "Kinesis_20131202.ListStream", ".ListStreams"],
)
def test_an_unknown_target(
    client: Client, content_type: str, body: bytes, target: str | None
) -> None:
    headers = {"content_type": content_type, **({"x_amz_target": target} if target else {})}
    response = client.send(body, **headers)
    assert (response.status_code, response.headers["content-type"]) == (400, content_type)
    assert decoded(response) == {"__type": UNKNOWN}
    assert_has_ids(response)


@pytest.mark.one_in(5)
@pytest.mark.parametrize("body", [b"", b"hello", b"true", b"null", b"[]", b"{", b"{}{}", b"\xff"])
@pytest.mark.parametrize("authorization", [{}, {"authorization": "X"}])
def test_an_undecodable_body_comes_before_everything_else(
    client: Client, body: bytes, authorization: Mapping[str, str]
) -> None:
    response = client.send(body, content_type=JSON, x_amz_target=GOOD, **authorization)
    assert (response.status_code, response.headers["content-type"]) == (400, JSON)
    assert decoded(response) == {"__type": SERIALIZATION}
    assert_has_ids(response)


@pytest.mark.parametrize("body", [b"", b"\xa1", b"\x01", b"\xf6", b"\xa0\xa0"])
def test_an_undecodable_cbor_body(client: Client, body: bytes) -> None:
    response = client.send(body, content_type=CBOR, x_amz_target=GOOD)
    assert (response.status_code, response.headers["content-type"]) == (400, CBOR)
    assert decoded(response) == {"__type": SERIALIZATION}


@pytest.mark.one_in(5)
@pytest.mark.parametrize(
    "content_type",
    [None, DEPRECATED, "application/x-amz-json-1.0", JSON + "asdf", "text/plain"],
)
@pytest.mark.parametrize(("target", "code"), [(GOOD, SERIALIZATION), ("whatever", UNKNOWN)])
def test_another_content_type_and_an_empty_body(
    client: Client, content_type: str | None, target: str, code: str
) -> None:
    headers = {"x_amz_target": target, **({"content_type": content_type} if content_type else {})}
    response = client.send(b"", **headers)
    assert (response.status_code, response.headers["content-type"]) == (400, CBOR)
    assert cbor2.loads(response.content) == {"__type": code}
    assert_has_ids(response)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [(b"hello", 400, SERIALIZATION), (b"[]", 400, SERIALIZATION), (b"{}", 404, UNKNOWN)],
)
@pytest.mark.parametrize("target", [GOOD, "whatever"])
def test_the_deprecated_content_type(
    client: Client, body: bytes, status: int, code: str, target: str
) -> None:
    response = client.send(body, content_type=DEPRECATED, x_amz_target=target)
    assert (response.status_code, response.headers["content-type"]) == (status, DEPRECATED)
    output = {"__type": f"com.amazon.coral.service#{code}"}
    assert json.loads(response.content) == {"Output": output, "Version": "1.0"}
    assert_has_ids(response)


NO_NAME = ("AccessDeniedException", "Unable to determine service/operation name to be authorized")


@pytest.mark.parametrize("target", ["", "whatever", "Kinesis_20131202", TARGET, ".ListStreams"])
def test_another_content_type_without_a_usable_target(client: Client, target: str) -> None:
    assert_xml(client.signed(content_type="text/plain", x_amz_target=target), 403, *NO_NAME)


@pytest.mark.one_in(5)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
@pytest.mark.parametrize("content_type", [JSON, "text/plain"])
def test_another_method_signed(client: Client, method: str, content_type: str) -> None:
    response = client.signed(b"", method, content_type=content_type, x_amz_target=GOOD)
    assert_xml(response, 403, *NO_NAME)
    assert "access-control-allow-origin" not in response.headers


def test_head_is_answered_without_a_body(client: Client) -> None:
    response = client.send(b"", "HEAD")
    assert (response.status_code, response.content) == (403, b"")


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_another_method_or_content_type_unsigned(client: Client, method: str) -> None:
    response = client.send(b"a", method, content_type="text/plain", x_amz_target=GOOD)
    code, message = "MissingAuthenticationTokenException", "Missing Authentication Token"
    assert_xml(response, 403, code, message)


def test_another_content_type_with_a_garbled_signature(client: Client) -> None:
    response = client.send(content_type="text/plain", authorization="X&", x_amz_date="20200101")
    assert response.status_code == 403
    assert "content-type" not in response.headers
    assert response.text.startswith("<IncompleteSignatureException>\n  <Message>Authorization")
    assert response.text.endswith(
        "Authorization=X&amp;</Message>\n</IncompleteSignatureException>\n"
    )


def test_another_content_type_with_a_query_signature(client: Client) -> None:
    response = client.send(path="?X-Amz-Algorithm", content_type="text/plain")
    assert response.status_code == 403
    assert "AWS query-string parameters must include 'X-Amz-Algorithm'." in response.text


def test_another_content_type_for_a_foreign_service(client: Client) -> None:
    response = client.signed(content_type="text/plain", x_amz_target="whatever.ListStreams")
    message = "No authorization strategy was found for service: whatever, operation: ListStreams"
    assert_xml(response, 403, "UnrecognizedClientException", message)


@pytest.mark.parametrize(
    ("operation", "status", "body"),
    [
        ("whatever", 500, "<InternalFailure/>\n"),
        ("ListStreams", 404, "<UnknownOperationException/>\n"),
    ],
)
def test_another_content_type_for_our_service(
    client: Client, operation: str, status: int, body: str
) -> None:
    response = client.signed(content_type="text/plain", x_amz_target=TARGET + operation)
    assert (response.status_code, response.text) == (status, body)
    assert "content-type" not in response.headers
    assert_has_ids(response)


@pytest.mark.parametrize("sent_in_one", [True, False])
def test_a_body_that_is_too_long(client: Client, sent_in_one: bool) -> None:
    body = b"a" * 300_000
    content = body if sent_in_one else (body[i : i + 1000] for i in range(0, len(body), 1000))
    response = client.http.post(
        client.gateway.url, content=content, headers={"content-type": JSON, "x-amz-target": GOOD}
    )
    assert (response.status_code, response.content) == (413, b"")
    assert "x-amzn-requestid" not in response.headers
    assert client.send(content_type=JSON, x_amz_target=GOOD).status_code == 400


NO_TOKEN = ("MissingAuthenticationTokenException", "Missing Authentication Token")


@pytest.mark.parametrize(
    ("path", "headers", "code", "message"),
    [
        ("", {}, *NO_TOKEN),
        ("?X-Amz-Date=1&X-Amz-Credential=a", {}, *NO_TOKEN),
        (
            "?X-Amz-Algorithm",
            {"authorization": "X"},
            "InvalidSignatureException",
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
            "header.",
        ),
        (
            "",
            {"authorization": "X"},
            "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter. "
            "Authorization header requires 'Signature' parameter. "
            "Authorization header requires 'SignedHeaders' parameter. "
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
            "Authorization=X",
        ),
        (
            "",
            {"authorization": "AWS4- Signature=b,Credential=a", "date": "a"},
            "IncompleteSignatureException",
            "Authorization header requires 'SignedHeaders' parameter. "
            "Authorization=AWS4- Signature=b,Credential=a",
        ),
        (
            "?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=",
            {},
            "IncompleteSignatureException",
            "AWS query-string parameters must include 'X-Amz-Signature'. "
            "AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
            "AWS query-string parameters must include 'X-Amz-Date'. "
            "Re-examine the query-string parameters.",
        ),
    ],
)
def test_what_a_signature_lacks(
    client: Client, path: str, headers: dict[str, str], code: str, message: str
) -> None:
    response = client.send(path=path, content_type=JSON, x_amz_target=GOOD, **headers)
    assert (response.status_code, response.headers["content-type"]) == (400, JSON)
    assert decoded(response) == {"__type": code, "message": message}
    assert_has_ids(response)


def test_a_wrong_secret_and_an_old_signature(client: Client) -> None:
    headers = {"content-type": JSON, "x-amz-target": GOOD}
    url = client.gateway.url
    fields = signed_headers(url, headers=headers, secret="wrong")
    answer = decoded(client.http.post(url, content=b"{}", headers=fields))
    assert answer["__type"] == "InvalidSignatureException"
    assert answer["message"].startswith("The request signature we calculated does not match")
    fields = signed_headers(url, headers=headers)
    fields["X-Amz-Date"] = basic(1_448_050_095_000)
    answer = decoded(client.http.post(url, content=b"{}", headers=fields))
    assert answer["message"].startswith("Signature expired: 20151120T200815Z is now earlier than")


@pytest.mark.parametrize("path", ["", "a/b%20c", "?a=b&c", "%00%ff", "..//%2e"])
def test_the_path_is_passed_over(client: Client, path: str) -> None:
    response = client.send(path=path, content_type=JSON, x_amz_target=GOOD)
    assert decoded(response) == {"__type": NO_TOKEN[0], "message": NO_TOKEN[1]}


ALLOW_ANY = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,"
    "x-amz-id-2,x-amzn-ErrorMessage,Date",
}


def cors(response: httpx.Response) -> dict[str, str]:
    return {k: v for k, v in response.headers.items() if k.startswith("access-control-")}


@pytest.mark.parametrize("content_type", [JSON, "text/plain"])
def test_an_answer_to_a_browser(client: Client, content_type: str) -> None:
    response = client.send(content_type=content_type, x_amz_target=GOOD, origin="https://a.b")
    assert cors(response) == ALLOW_ANY
    assert_has_ids(response)
    assert cors(client.send(content_type=content_type, x_amz_target=GOOD)) == {}


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, {}),
        (
            {"access_control_request_headers": "a, b"},
            {"access-control-allow-headers": "a, b"},
        ),
        (
            {"access_control_request_method": "PUT"},
            {"access-control-allow-methods": "PUT"},
        ),
    ],
)
def test_a_preflight(
    client: Client, signed: bool, asked: dict[str, str], told: dict[str, str]
) -> None:
    send = client.signed if signed else client.send
    response = send(b"", "OPTIONS", origin="https://a.b", **asked)
    assert (response.status_code, response.content) == (200, b"")
    assert cors(response) == {**ALLOW_ANY, "access-control-max-age": "172800", **told}
    assert UUID.fullmatch(response.headers["x-amzn-requestid"])
    assert "x-amz-id-2" not in response.headers
    assert "content-type" not in response.headers


def test_an_operation_that_is_not_built_is_named(client: Client) -> None:
    response = client.signed(content_type=JSON, x_amz_target=TARGET + "PutResourcePolicy")
    assert (response.status_code, decoded(response)["__type"]) == (501, "NotImplementedException")
    assert "PutResourcePolicy" in decoded(response)["message"]
    assert "PutResourcePolicy" in load_service("kinesis").operations


def test_health(client: Client) -> None:
    response = client.send(b"", "GET", "_shardline/health")
    assert response.status_code == 200
    assert json.loads(response.content) == {"status": "ok", "version": __version__}
    assert client.send(b"", "HEAD", "_shardline/health").status_code == 200
    response = client.send(b"a", "POST", "_shardline/health")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


def test_nothing_is_held_when_all_is_answered(client: Client) -> None:
    assert client.gateway.is_at_rest()
    assert client.gateway.tasks() == 0
