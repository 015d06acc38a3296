"""AWS's Query protocol: a form comes in, XML goes out. IAM and STS speak nothing else.

Which operation is meant stands in the form, as `Action` and `Version`. Every answer has the request
id in its body, so that an instance serves one call.

Where a text of AWS for a broken form is not known, it is JSON's for the same fault.
"""

from collections.abc import Mapping
from typing import Any

from shardline.gateway.errors import ServiceError
from shardline.gateway.model import Operation, Service
from shardline.gateway.protocols import Output, query_errors
from shardline.gateway.protocols.query_form import FormReader, form_tree
from shardline.gateway.protocols.query_xml import structure_xml, text_xml
from shardline.gateway.types import Response

# What AWS's front puts around an error before it knows which service is meant.
FAULT_NAMESPACE = "http://webservices.amazon.com/AWSFault/2005-15-09"

_reader = FormReader()


class QueryProtocol:
    """`Protocol` for `application/x-www-form-urlencoded`; answers are `text/xml`."""

    content_type = b"text/xml"
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def __init__(self, request_id: bytes, *, body_limit: int) -> None:
        self._request_id = request_id.decode()
        self.body_limit: int | None = body_limit

    def decode(self, body: bytes) -> Mapping[str, Any]:
        """See `Protocol.decode`. Nested by the dots in the names, with text at the ends."""
        return form_tree(body)

    def check(self, operation: Operation, decoded: Mapping[str, Any]) -> dict[str, Any]:
        """See `Protocol.check`."""
        return {} if operation.input is None else _reader.structure(operation.input, decoded)

    def encode(self, operation: Operation, output: Output | None) -> bytes:
        """See `Protocol.encode`."""
        name, wrapper = operation.name, operation.result_wrapper
        result = ""
        if operation.output is not None and output is not None:
            result = structure_xml(operation.output, output)
        if wrapper is not None:
            result = f"<{wrapper}>{result}</{wrapper}>"
        return (
            f'<{name}Response xmlns="{operation.xml_namespace}">{result}<ResponseMetadata>'
            f"<RequestId>{self._request_id}</RequestId></ResponseMetadata></{name}Response>"
        ).encode()

    def error_response(self, error: ServiceError, service: Service | None) -> Response:
        """See `Protocol.error_response`."""
        namespace = service.xml_namespace if service else FAULT_NAMESPACE
        code, status = query_errors.query_code(error)
        message = query_errors.query_message(error)
        text = "" if message is None else f"<Message>{text_xml(message)}</Message>"
        body = (
            f'<ErrorResponse xmlns="{namespace}"><Error>'
            f"<Type>{query_errors.query_fault(status)}</Type><Code>{text_xml(code)}</Code>{text}"
            f"</Error><RequestId>{self._request_id}</RequestId></ErrorResponse>"
        )
        return Response(status, body.encode(), self.content_type)
