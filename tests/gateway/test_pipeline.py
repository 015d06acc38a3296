"""The pipeline: its order, its faults, and what it gives back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from gateway.asgi_support import Answer, answer_of, scope_of, signed_fields
from gateway.socket_support import CBOR, JSON, api_of, pipeline_of
from shardline.gateway import steps
from shardline.gateway.app import PIECE_BYTES, REQUEST_BYTES, Application
from shardline.gateway.bounds import Bounds
from shardline.gateway.errors import AccessDenied, InternalFailure, ServiceError
from shardline.gateway.steps import LARGE_ANSWER_BYTES, STEPS
from shardline.storage.record_log import OutOfReach, WriteFailed

OPERATION = "ListShards"  # all of its members are optional
Handler = Callable[[Any, Any], Awaitable[Any]]


def app_of(handler: Handler, *, bounds: Bounds | None = None, large: bool = False) -> Application:
    api = api_of({OPERATION: handler}, *([OPERATION] if large else []))
    return Application(pipeline_of(api), bounds)


def call_scope(body: bytes = b"{}", content_type: str = JSON) -> dict[str, Any]:
    return scope_of(fields=signed_fields(body, OPERATION, content_type))


def call(app: Application, body: bytes = b"{}") -> Answer:
    return asyncio.run(answer_of(app, call_scope(body), body))


def raising(error: BaseException) -> Handler:
    async def handler(caller: Any, params: Any) -> Any:
        raise error

    return handler


def is_at_rest(app: Application) -> bool:
    return app.bodies.free == app.bodies.size and app.answers.free == app.answers.size


async def empty(caller: Any, params: Any) -> dict[str, Any]:
    return {}


def test_the_steps_are_in_aws_order() -> None:
    assert [step.__name__ for step in STEPS] == [
        "preflight",
        "identify",
        "unpack",
        "decode",
        "know_operation",
        "keep_step",
        "authenticate",
        "validate",
        "authorize",
        "throttle",
        "invoke",
        "serialize",
    ]


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (
            ServiceError("ResourceNotFoundException", "no"),
            400,
            {"__type": "ResourceNotFoundException", "message": "no"},
        ),
        (AccessDenied("no"), 400, {"__type": "AccessDeniedException", "Message": "no"}),
        (InternalFailure(), 500, {"__type": "InternalFailure"}),
    ],
)
def test_an_operation_refuses(
    error: ServiceError, status: int, body: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    answer = call(app_of(raising(error)))
    assert (answer.status, msgspec.json.decode(answer.body)) == (status, body)
    assert not caplog.records


def test_a_fault_of_ours_is_logged_once_with_its_traceback_and_the_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = app_of(raising(ZeroDivisionError("secret of ours")))
    answer = call(app)
    assert (answer.status, answer.headers[b"content-type"]) == (500, JSON.encode())
    assert msgspec.json.decode(answer.body) == {"__type": "InternalFailure"}
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info
    request_id = answer.headers[b"x-amzn-requestid"].decode()
    assert record.getMessage() == f"a fault of ours in {OPERATION}, request {request_id}"
    assert is_at_rest(app)


def test_a_failure_of_the_store_is_logged_as_one_line(caplog: pytest.LogCaptureFixture) -> None:
    answer = call(app_of(raising(WriteFailed("the disk is full"))))
    assert answer.status == 500
    assert msgspec.json.decode(answer.body) == {
        "__type": "InternalFailure",
        "message": "Internal Service Failure",
    }
    (record,) = caplog.records
    assert not record.exc_info
    request_id = answer.headers[b"x-amzn-requestid"].decode()
    assert record.getMessage() == f"storage, in request {request_id}: the disk is full"


def test_an_answer_that_the_shape_lacks_is_a_fault_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handler(caller: Any, params: Any) -> dict[str, Any]:
        return {"NoSuchMember": 1}

    assert call(app_of(handler)).status == 500
    assert len(caplog.records) == 1


def test_without_an_authorizer_none_but_root_may_do_anything() -> None:
    async def refused() -> str:
        app = app_of(empty)
        seen: list[Any] = []

        async def demote(pipeline: Any, made: Any) -> None:
            import dataclasses

            made.caller = dataclasses.replace(made.caller, is_root=False, arn="arn:user")
            seen.append(made)

        position = STEPS.index(steps.authorize)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "shardline.gateway.pipeline.STEPS", (*STEPS[:position], demote, *STEPS[position:])
            )
            answer = await answer_of(app, call_scope(), b"{}")
        assert answer.status == 400
        return str(msgspec.json.decode(answer.body)["Message"])

    assert asyncio.run(refused()) == (
        "User: arn:user is not authorized to perform: kinesis:ListShards because no "
        "identity-based policy allows the kinesis:ListShards action"
    )


def test_both_protocols_answer_in_kind() -> None:
    import cbor2

    for content_type, body in ((JSON, b"{}"), (CBOR, cbor2.dumps({}))):
        answer = asyncio.run(answer_of(app_of(empty), call_scope(body, content_type), body))
        assert (answer.status, answer.headers[b"content-type"]) == (200, content_type.encode())


# What a call takes of the budgets, and how it comes back.


def test_a_large_answer_holds_what_it_is_until_it_has_been_sent() -> None:
    size = 3 * PIECE_BYTES

    async def handler(caller: Any, params: Any) -> dict[str, Any]:
        assert app.answers.size - app.answers.free == LARGE_ANSWER_BYTES
        return {"NextToken": "x" * size}

    app = app_of(handler, large=True)
    held: list[int] = []

    async def scenario() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"{}"}

        async def send(message: Any) -> None:
            held.append(app.answers.size - app.answers.free)

        await app(call_scope(), receive, send)

    asyncio.run(scenario())
    assert len(held) == 5  # the head, and four parts
    assert set(held) == {size + len('{"NextToken":""}')}
    assert is_at_rest(app)


@pytest.mark.parametrize("large", [True, False])
def test_a_client_that_goes_while_it_is_answered_leaves_nothing(large: bool) -> None:
    """HTTP servers cancel the request then; what it held must come back."""
    begun = asyncio.Event()

    async def handler(caller: Any, params: Any) -> dict[str, Any]:
        begun.set()
        await asyncio.get_running_loop().create_future()
        return {}

    app = app_of(handler, large=large)

    async def scenario() -> None:
        request = asyncio.create_task(answer_of(app, call_scope(), b"{}"))
        await begun.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert is_at_rest(app)

    asyncio.run(scenario())


def test_no_room_for_a_large_answer_in_time_is_a_503() -> None:
    bounds = Bounds(wait_s=0.01)

    async def scenario() -> Answer:
        app = app_of(empty, bounds=bounds, large=True)
        await app.answers.take(app.answers.size)
        return await answer_of(app, call_scope(), b"{}")

    answer = asyncio.run(scenario())
    assert answer.status == 503
    assert msgspec.json.decode(answer.body)["__type"] == "ServiceUnavailable"
    assert b"x-amzn-requestid" in answer.headers


def test_no_room_for_a_request_in_time_is_a_503() -> None:
    async def scenario() -> tuple[Answer, Application]:
        app = app_of(empty, bounds=Bounds(wait_s=0.01))
        await app.bodies.take(app.bodies.size)
        answer = await answer_of(app, call_scope(), b"{}")
        app.bodies.give(app.bodies.size)
        return answer, app

    answer, app = asyncio.run(scenario())
    assert answer.status == 503
    assert msgspec.json.decode(answer.body)["__type"] == "ServiceUnavailable"
    assert is_at_rest(app)


def test_too_much_memory_is_a_503_but_health_is_told() -> None:
    async def scenario() -> None:
        app = app_of(empty, bounds=Bounds(memory_bytes=1))
        assert (await answer_of(app, call_scope(), b"{}")).status == 503
        health = scope_of("GET", b"/_shardline/health")
        assert (await answer_of(app, health)).status == 200

    asyncio.run(scenario())


def test_a_process_that_is_out_of_step_refuses_every_call_and_says_so() -> None:
    serves = False
    signed = call_scope()
    unsigned = scope_of(fields=[f for f in signed["headers"] if f[0] != b"authorization"])

    async def scenario() -> None:
        nonlocal serves
        pipeline = pipeline_of(api_of({OPERATION: empty}))
        pipeline.may_serve = lambda: serves
        app = Application(pipeline)
        health, alive = (scope_of("GET", b"/_shardline/" + page) for page in (b"health", b"alive"))
        # Without a look at who calls: that could be a key that it does not know yet, or still
        for scope in (signed, unsigned):
            answer = await answer_of(app, scope, b"{}")
            assert answer.status == 503
            assert msgspec.json.decode(answer.body)["__type"] == "ServiceUnavailable"
        answer = await answer_of(app, health)
        assert (answer.status, msgspec.json.decode(answer.body)["status"]) == (503, "unavailable")
        assert "reason" in msgspec.json.decode(answer.body)
        assert (await answer_of(app, scope_of("HEAD", b"/_shardline/health"))).status == 503
        assert (await answer_of(app, scope_of("POST", b"/_shardline/health"))).status == 405
        assert (await answer_of(app, alive)).status == 200
        serves = True
        assert (await answer_of(app, signed, b"{}")).status == 200
        assert (await answer_of(app, unsigned, b"{}")).status == 400
        assert (await answer_of(app, health)).status == 200
        assert (await answer_of(app, alive)).status == 200

    asyncio.run(scenario())


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_process_that_may_come_back_in_step_has_calls_wait_for_that(comes_back: bool) -> None:
    async def scenario() -> None:
        pipeline = pipeline_of(api_of({OPERATION: empty}))
        looked = asyncio.Event()

        async def is_in_step() -> bool:
            await looked.wait()
            return comes_back

        pipeline.may_serve = lambda: False
        pipeline.is_in_step = is_in_step
        waiting = asyncio.create_task(answer_of(Application(pipeline), call_scope(), b"{}"))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not waiting.done()
        looked.set()
        assert (await waiting).status == (200 if comes_back else 503)

    asyncio.run(scenario())


def test_a_process_that_cannot_reach_the_records_says_so_and_answers_other_calls() -> None:
    trouble: str | None = "cannot reach Kafka"

    async def out_of_reach(caller: Any, params: Any) -> Any:
        raise OutOfReach("cannot reach Kafka: at 10.0.0.1")

    async def scenario() -> None:
        nonlocal trouble
        health, alive = (scope_of("GET", b"/_shardline/" + page) for page in (b"health", b"alive"))
        pipeline = pipeline_of(api_of({OPERATION: out_of_reach}))
        app = Application(pipeline, trouble=lambda: trouble)
        answer = await answer_of(app, call_scope(), b"{}")
        assert answer.status == 503
        said = msgspec.json.decode(answer.body)
        assert said["__type"] == "ServiceUnavailable"
        assert "10.0.0.1" not in said["message"]
        answer = await answer_of(app, health)
        assert answer.status == 503
        assert msgspec.json.decode(answer.body)["reason"] == trouble
        assert (await answer_of(app, alive)).status == 200
        other = Application(pipeline_of(api_of({OPERATION: empty})), trouble=lambda: trouble)
        assert (await answer_of(other, call_scope(), b"{}")).status == 200
        trouble = None
        assert (await answer_of(app, health)).status == 200

    asyncio.run(scenario())


@pytest.mark.parametrize("declared", [True, False])
def test_requests_share_a_budget(declared: bool) -> None:
    """As many as there is room for are read; the others wait for their turn."""
    body = b'{"NextToken":"%b"}' % (b"x" * 1000)
    bounds = Bounds(body_bytes=len(body), request_bytes=3 * (REQUEST_BYTES + len(body)))
    running = most = 0

    async def handler(caller: Any, params: Any) -> dict[str, Any]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return {}

    async def scenario() -> None:
        app = app_of(handler, bounds=bounds)
        scope = call_scope(body)
        if declared:
            scope["headers"].append((b"content-length", b"%d" % len(body)))
        answers = [answer_of(app, scope, body[:10], body[10:]) for _ in range(10)]
        assert {answer.status for answer in await asyncio.gather(*answers)} == {200}
        assert is_at_rest(app)

    asyncio.run(scenario())
    assert most == 3


@pytest.mark.parametrize("parts", [1, 2, 50])
@pytest.mark.parametrize("length", [b"100", b"1001", b"9" * 30, None])
def test_a_body_over_the_bound_is_refused(parts: int, length: bytes | None) -> None:
    body = b" " * 1001

    async def scenario() -> None:
        app = app_of(empty, bounds=Bounds(body_bytes=1000))
        fields = [] if length is None else [(b"content-length", length)]
        size = -(-len(body) // parts)
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        answer = await answer_of(app, scope_of(fields=fields), *pieces)
        assert (answer.status, answer.body) == (413, b"")
        assert is_at_rest(app)

    asyncio.run(scenario())


def test_a_body_that_does_not_come_is_given_up() -> None:
    async def scenario() -> None:
        app = app_of(empty, bounds=Bounds(body_s=0.01))
        sent: list[Any] = []
        first = {"type": "http.request", "body": b"{", "more_body": True}

        async def receive() -> dict[str, Any]:
            if first:
                message = dict(first)
                first.clear()
                return message
            return await asyncio.get_running_loop().create_future()

        async def send(message: Any) -> None:
            sent.append(message)

        await app(call_scope(), receive, send)
        assert sent[0]["status"] == 408
        assert is_at_rest(app)

    asyncio.run(scenario())


@pytest.mark.parametrize("error", [OSError("gone"), BrokenPipeError()])
def test_a_client_that_is_gone_when_it_is_answered_is_no_fault(
    error: OSError, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        app = app_of(empty)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"{}"}

        async def send(message: Any) -> None:
            raise error

        await app(call_scope(), receive, send)
        assert is_at_rest(app)

    asyncio.run(scenario())
    assert not caplog.records


def test_a_client_that_is_gone_before_its_body_is_not_answered() -> None:
    async def scenario() -> None:
        app = app_of(empty)

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            raise AssertionError(message)

        await app(call_scope(), receive, send)
        assert is_at_rest(app)

    asyncio.run(scenario())


def test_repeated_fields_are_joined() -> None:
    async def scenario() -> Answer:
        fields = [(b"x-amz-target", b"a"), (b"x-amz-target", b"b"), (b"content-type", b"text/x")]
        return await answer_of(app_of(empty), scope_of(fields=fields), b"a")

    assert asyncio.run(scenario()).status == 403


def test_a_call_is_counted_when_it_is_allowed_and_before_it_is_made() -> None:
    # Given an API that refuses every second call
    counted: list[str] = []

    def every_second(caller: Any, operation: str, call: Any) -> None:
        counted.append(operation)
        if len(counted) % 2 == 0:
            raise ServiceError("LimitExceededException", "too soon")

    made: list[Any] = []

    async def handler(caller: Any, params: Any) -> dict[str, Any]:
        made.append(params)
        return {}

    api = replace(api_of({OPERATION: handler}), throttle=every_second)
    app = Application(pipeline_of(api))
    # When it gets a call that does not pass validation, and three that do
    statuses = [call(app, body).status for body in (b'{"MaxResults":0}', b"{}", b"{}", b"{}")]
    # Then the first was not counted, and the one that was refused not made
    assert statuses == [400, 200, 400, 200]
    assert counted == [OPERATION] * 3
    assert len(made) == 2
