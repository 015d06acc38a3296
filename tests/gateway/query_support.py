"""Requests to STS and CloudWatch as their clients make them, and STS behind the pipeline."""

import asyncio
from typing import Any
from xml.etree import ElementTree

from gateway.sigv4_support import signed, verifier
from shardline.gateway.budget import ByteBudget
from shardline.gateway.dialects import JSON_1_0
from shardline.gateway.model import load_service
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.types import Api, Caller, Request, Response

FORM = "application/x-www-form-urlencoded; charset=utf-8"
CALL = b"Action=GetCallerIdentity&Version=2011-06-15"
TARGET = "GraniteServiceVersion20100801"
CLOUDWATCH_URL = "https://monitoring.us-east-1.amazonaws.com/"
STS = "https://sts.amazonaws.com/doc/2011-06-15/"


async def _identity(caller: Caller, params: Any) -> dict[str, Any]:
    return {"UserId": "id", "Account": caller.account, "Arn": caller.arn}


async def _assume(caller: Caller, params: Any) -> dict[str, Any]:
    return {"SourceIdentity": repr(params)}


HANDLERS = {"GetCallerIdentity": _identity, "AssumeRole": _assume}
PIPELINE = Pipeline([Api(load_service("sts"), HANDLERS)], verifier())


def form_request(body: bytes, *, service: str = "sts", **headers: str) -> Request:
    """A signed form, with further headers (`_` stands for `-`)."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return signed(body=body, service=service, headers={"Content-Type": FORM, **fields})


def rpc(operation: str, body: bytes, **more: str) -> Request:
    """A signed call of CloudWatch by rpc-v2-cbor."""
    url = f"{CLOUDWATCH_URL}service/{TARGET}/operation/{operation}"
    headers = {"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor", **more}
    return signed(url=url, body=body, service="monitoring", headers=headers)


def json_1_0(operation: str, body: bytes, **more: str) -> Request:
    """A signed call of CloudWatch by JSON 1.0."""
    headers = {"Content-Type": JSON_1_0.decode(), "X-Amz-Target": f"{TARGET}.{operation}", **more}
    return signed(url=CLOUDWATCH_URL, body=body, service="monitoring", headers=headers)


def answer_to(request: Request, pipeline: Pipeline = PIPELINE) -> Response:
    """What the pipeline makes of it."""
    return asyncio.run(pipeline.handle(request, ByteBudget(2**30)))


def refusal_of(response: Response, namespace: str = STS) -> tuple[int, str, str | None]:
    """Status, code and message of an error answer, which must be AWS's in form."""
    assert response.content_type == b"text/xml"
    inside = f"{{{namespace}}}"
    root = ElementTree.fromstring(response.body)
    assert root.tag == inside + "ErrorResponse"
    error, request_id = root
    assert (error.tag, request_id.tag) == (inside + "Error", inside + "RequestId")
    assert request_id.text == dict(response.headers)[b"x-amzn-requestid"].decode()
    members = {child.tag.removeprefix(inside): child.text for child in error}
    assert members["Type"] == ("Sender" if response.status < 500 else "Receiver")
    return response.status, str(members["Code"]), members.get("Message")
