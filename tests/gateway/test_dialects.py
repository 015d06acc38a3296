"""How the APIs beside Kinesis are called: by path, by target, packed; and how they say no."""

import asyncio
import gzip
import json
from typing import Any

import cbor2
import pytest

from gateway.asgi_support import answer_of, scope_of
from gateway.query_support import CLOUDWATCH_URL, TARGET, answer_to, json_1_0, rpc
from gateway.sigv4_support import signed, verifier
from shardline.gateway.app import Application
from shardline.gateway.bounds import Bounds
from shardline.gateway.dialects import BODY_BYTES, JSON_1_0
from shardline.gateway.errors import ServiceError
from shardline.gateway.model import load_service
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.types import Api, Caller, Response


async def deleted(caller: Caller, params: Any) -> None:
    if params["AlarmNames"] == ["bad"]:
        raise ServiceError("MissingParameter", "said so")


async def dashboard(caller: Caller, params: Any) -> dict[str, Any]:
    return {"DashboardName": params["DashboardName"]}


HANDLERS = {"DeleteAlarms": deleted, "GetDashboard": dashboard}
PIPELINE = Pipeline([Api(load_service("cloudwatch"), HANDLERS)], verifier())


def query_error(response: Response) -> bytes:
    return dict(response.headers)[b"x-amzn-query-error"]


class TestRpcCbor:
    def test_the_path_names_the_operation(self) -> None:
        response = answer_to(rpc("GetDashboard", cbor2.dumps({"DashboardName": "d"})), PIPELINE)
        assert (response.status, response.content_type) == (200, b"application/cbor")
        assert (b"smithy-protocol", b"rpc-v2-cbor") in response.headers
        assert cbor2.loads(response.body) == {"DashboardName": "d"}

    def test_errors_have_the_shapes_name_and_querys_code(self) -> None:
        response = answer_to(rpc("DeleteAlarms", cbor2.dumps({"AlarmNames": ["bad"]})), PIPELINE)
        assert response.status == 400
        assert cbor2.loads(response.body) == {
            "__type": "MissingRequiredParameterException",
            "message": "said so",
        }
        assert query_error(response) == b"MissingParameter;Sender"
        assert (b"smithy-protocol", b"rpc-v2-cbor") in response.headers

    def test_no_body_is_an_input_without_members(self) -> None:
        response = answer_to(rpc("GetDashboard", b""), PIPELINE)
        assert cbor2.loads(response.body)["__type"] == "ValidationException"
        assert query_error(response) == b"ValidationError;Sender"

    @pytest.mark.parametrize("path", ["GetNothing", "../GetDashboard", ""])
    def test_an_unknown_operation(self, path: str) -> None:
        response = answer_to(rpc(path, cbor2.dumps({})), PIPELINE)
        assert response.status == 400
        assert cbor2.loads(response.body) == {"__type": "UnknownOperationException"}


class TestJson:
    def test_the_target_names_the_operation(self) -> None:
        response = answer_to(json_1_0("GetDashboard", b'{"DashboardName":"d"}'), PIPELINE)
        assert (response.status, response.content_type) == (200, JSON_1_0)
        assert json.loads(response.body) == {"DashboardName": "d"}

    def test_errors_have_the_shapes_name_and_querys_code(self) -> None:
        response = answer_to(json_1_0("DeleteAlarms", b'{"AlarmNames":["bad"]}'), PIPELINE)
        assert json.loads(response.body)["__type"] == "MissingRequiredParameterException"
        assert query_error(response) == b"MissingParameter;Sender"

    def test_a_signature_for_another_service(self) -> None:
        headers = {"Content-Type": JSON_1_0.decode(), "X-Amz-Target": f"{TARGET}.GetDashboard"}
        response = answer_to(signed(url=CLOUDWATCH_URL, headers=headers), PIPELINE)
        assert json.loads(response.body)["__type"] == "InvalidSignatureException"
        assert query_error(response) == b"SignatureDoesNotMatch;Sender"


class TestPackedBodies:
    BODY = b'{"DashboardName":"d"}'

    def answer(self, body: bytes, encoding: str = "gzip") -> Response:
        request = json_1_0("GetDashboard", body, **{"Content-Encoding": encoding})
        return answer_to(request, PIPELINE)

    def test_gzip(self) -> None:
        assert self.answer(gzip.compress(self.BODY)).status == 200
        assert self.answer(gzip.compress(self.BODY), "GZIP").status == 200
        assert self.answer(self.BODY, "identity").status == 200

    def test_a_bomb_is_refused_at_the_bound(self) -> None:
        bomb = gzip.compress(b" " * (64 * BODY_BYTES))
        response = self.answer(bomb)
        assert response.status == 413
        assert json.loads(response.body) == {
            "__type": "RequestEntityTooLarge",
            "message": "Request size exceeded 1048576 bytes",
        }

    def test_the_bound_holds_for_what_is_not_packed(self) -> None:
        body = self.BODY.ljust(BODY_BYTES)
        assert self.answer(body, "identity").status == 200
        assert self.answer(gzip.compress(body)).status == 200
        assert self.answer(body + b" ", "identity").status == 413

    @pytest.mark.parametrize(
        "body",
        [b"", b"no gzip", gzip.compress(BODY)[:-1], gzip.compress(BODY) + b"more"],
        ids=["empty", "other", "cut", "longer"],
    )
    def test_what_is_not_whole_gzip(self, body: bytes) -> None:
        response = self.answer(body)
        assert response.status == 400
        assert json.loads(response.body) == {"__type": "SerializationException"}

    def test_another_packing(self) -> None:
        assert json.loads(self.answer(self.BODY, "br").body) == {
            "__type": "SerializationException",
            "Message": "Content-Encoding br is not supported",
        }

    def test_a_packed_body_takes_room_for_what_it_becomes(self) -> None:
        # Given an application with room for one megabyte and a little
        app = Application(PIPELINE, Bounds(request_bytes=BODY_BYTES + 70_000, wait_s=0.01))
        body = gzip.compress(self.BODY)
        request = json_1_0("GetDashboard", body, **{"Content-Encoding": "gzip"})
        scope = scope_of(fields=list(request.headers.items()))

        async def with_taken(taken: int) -> int:
            held = await app.bodies.take(taken)
            answer = await answer_of(app, scope, body)
            app.bodies.give(held)
            return answer.status

        # When a small part of it is taken, then a packed request finds no room.
        assert asyncio.run(with_taken(0)) == 200
        assert asyncio.run(with_taken(10_000)) == 503
