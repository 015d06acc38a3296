"""Answers to requests that are no calls of an API: wrong method, wrong content type.

AWS's front answers these in forms of its own, which the table below keeps (source: kinesalite's
`test/connection.js`, whose author ran it against AWS).

    content type                 body          target          answer
    application/json             undecodable   any             400 JSON "Output", Serialization
    application/json             decodable     any             404 JSON "Output", UnknownOperation
    any not ours                 empty (POST)  good            400 CBOR SerializationException
    any not ours                 empty (POST)  bad             400 CBOR UnknownOperationException
    any not ours, or not POST    unsigned or badly signed      403 XML with the signature's error
    "                            signed        none, partial   403 XML AccessDeniedException
    "                            signed        foreign service 403 XML UnrecognizedClientException
    "                            signed        our service     500 <InternalFailure/>
    "                            signed        our operation   404 <UnknownOperationException/>
    HEAD                         any           any             403 without a body (ours)
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from shardline.gateway.errors import SerializationError, ServiceError
from shardline.gateway.types import Call, Request, Response

if TYPE_CHECKING:
    from shardline.gateway.pipeline import Pipeline

CBOR = b"application/x-amz-cbor-1.1"
DEPRECATED = b"application/json"


def preflight_answer(request: Request) -> Response:
    """What a browser is told before it may call: anything it asked for is allowed."""
    asked = request.headers
    headers = [(b"access-control-max-age", b"172800")]
    for name in (b"headers", b"method"):
        value = asked.get(b"access-control-request-" + name)
        if value is not None:
            allowed = b"methods" if name == b"method" else name
            headers.append((b"access-control-allow-" + allowed, value))
    return Response(200, headers=tuple(headers))


def refuse(pipeline: Pipeline, call: Call, content_type: bytes) -> Response:
    """The answer to a request whose method or content type no protocol of ours has."""
    request = call.request
    if request.method == "HEAD":
        return Response(403)  # an answer to HEAD has no body to say why
    if request.method == "POST" and not request.body:
        return _cbor_refusal(pipeline, call)
    if request.method == "POST" and content_type == DEPRECATED:
        return _deprecated_refusal(pipeline, request)
    try:
        signing_name = call.api.model.signing_name if call.api else "kinesis"
        call.caller = pipeline.verifier.verify(request, service=signing_name)
    except ServiceError as error:
        call.refusal = error
        return _xml(403, error.code, error.message)
    return _signed_refusal(pipeline, call)


def _cbor_refusal(pipeline: Pipeline, call: Call) -> Response:
    error = (
        ServiceError("UnknownOperationException")
        if call.operation is None
        else SerializationError()
    )
    response = pipeline.protocols[CBOR].error_response(error, None)
    response.code = error.code
    return response


def _deprecated_refusal(pipeline: Pipeline, request: Request) -> Response:
    try:
        pipeline.json.decode(request.body)
        status, code = 404, b"UnknownOperationException"
    except SerializationError:
        status, code = 400, b"SerializationException"
    body = b'{"Output":{"__type":"com.amazon.coral.service#%b"},"Version":"1.0"}' % code
    return Response(status, body, DEPRECATED, code=code.decode())


def _signed_refusal(pipeline: Pipeline, call: Call) -> Response:
    target = call.request.headers.get(b"x-amz-target", b"")
    service, _, operation = target.partition(b".")
    if call.request.method != "POST" or not service or not operation:
        return _xml(
            403,
            "AccessDeniedException",
            "Unable to determine service/operation name to be authorized",
        )
    if call.operation is not None:
        return Response(404, b"<UnknownOperationException/>\n", code="UnknownOperationException")
    if service in pipeline.target_prefixes:
        return Response(500, b"<InternalFailure/>\n", code="InternalFailure")
    return _xml(
        403,
        "UnrecognizedClientException",
        f"No authorization strategy was found for service: {service.decode('latin-1')}, "
        f"operation: {operation.decode('latin-1')}",
    )


def _xml(status: int, code: str, message: str | None) -> Response:
    body = f"<{code}>\n  <Message>{escape(message or '')}</Message>\n</{code}>\n"
    return Response(status, body.encode(), code=code)
