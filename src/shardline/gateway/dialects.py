"""What the APIs beside Kinesis are called by: three more protocols, and how a request names them.

    protocol       content type                        the operation stands in
    JSON 1.0       application/x-amz-json-1.0          X-Amz-Target
    rpc-v2-cbor    application/cbor, Smithy-Protocol   the path /service/TARGET/operation/NAME
    Query          application/x-www-form-urlencoded   the form, as Action and Version

A service is called by the protocols that its model has, and by no others.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from shardline.gateway.errors import ServiceError
from shardline.gateway.model import Operation
from shardline.gateway.protocols.cbor import RpcCborProtocol
from shardline.gateway.protocols.json import JsonProtocol
from shardline.gateway.protocols.query import QueryProtocol
from shardline.gateway.types import Api, Call

JSON_1_0 = b"application/x-amz-json-1.0"
FORM = b"application/x-www-form-urlencoded"

BODY_BYTES = 1024 * 1024
"""What CloudWatch takes in one call, unpacked: the most of IAM, STS and CloudWatch."""

Known = tuple[Api, Operation]


class Dialects:
    """Finds protocol, API and operation of a request that Kinesis's protocols do not fit."""

    def __init__(self, apis: Iterable[Api]) -> None:
        self._json = JsonProtocol(JSON_1_0, body_limit=BODY_BYTES)
        self._rpc = RpcCborProtocol(body_limit=BODY_BYTES)
        self._json_prefixes: set[bytes] = set()
        self._paths: dict[bytes, Known] = {}
        self._actions: dict[tuple[str, str], Known] = {}
        self._versions: set[str] = set()
        for api in apis:
            self._add(api)

    def _add(self, api: Api) -> None:
        model = api.model
        if model.json_version == "1.0":
            self._json_prefixes.add(f"{model.target_prefix}".encode())
        if "smithy-rpc-v2-cbor" in model.protocols:
            for name, operation in model.operations.items():
                path = f"/service/{model.target_prefix}/operation/{name}"
                self._paths[path.encode()] = api, operation
        if "query" in model.protocols:
            self._versions.add(model.api_version)
            for name, operation in model.operations.items():
                self._actions[model.api_version, name] = api, operation

    def identify(self, call: Call, content_type: bytes) -> None:
        """Set the protocol of a call, and the operation where the head of the request has it."""
        request = call.request
        target = request.headers.get(b"x-amz-target")
        if request.headers.get(b"smithy-protocol") == b"rpc-v2-cbor":
            call.protocol = self._rpc
            call.api, call.operation = self._paths.get(request.path, (None, None))
        elif content_type == JSON_1_0 and target is not None:
            if target.partition(b".")[0] in self._json_prefixes:
                call.protocol = self._json
        elif content_type == FORM and target is None:
            call.protocol = QueryProtocol(call.request_id, body_limit=BODY_BYTES)

    def operation_of_form(self, form: Mapping[str, Any]) -> Known:
        """The operation that a form names.

        Raises `ServiceError`, with the texts of AWS's front; that of a missing Action is ours.
        """
        action, version = form.get("Action"), form.get("Version")
        if not isinstance(action, str) or not action:
            raise ServiceError("MissingAction", "Could not find operation: the Action is missing")
        if version not in self._versions:
            raise ServiceError(
                "NoSuchVersion", f"The requested version ( {version} ) is not valid."
            )
        known = self._actions.get((version, action))
        if known is None:
            raise ServiceError(
                "InvalidAction", f"Could not find operation {action} for version {version}"
            )
        return known
