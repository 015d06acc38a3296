"""What Query refuses, with which codes: unknown operations, signatures, garbled forms."""

import time
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from example_counts import examples
from gateway.query_support import (
    CALL,
    FORM,
    PIPELINE,
    STS,
    answer_to,
    form_request,
    refusal_of,
)
from gateway.sigv4_support import ACCESS_KEY, MISMATCH, UNRECOGNIZED, rewritten, signed
from shardline.gateway.protocols.query import FAULT_NAMESPACE

ASSUME = b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/a"


def test_a_call_is_answered_with_namespace_result_and_request_id() -> None:
    response = answer_to(form_request(CALL))
    request_id = dict(response.headers)[b"x-amzn-requestid"]
    assert (response.status, response.content_type) == (200, b"text/xml")
    assert (
        response.body
        == (
            b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            b"<GetCallerIdentityResult><UserId>id</UserId><Account>123456789012</Account>"
            b"<Arn>arn:aws:iam::123456789012:root</Arn></GetCallerIdentityResult>"
            b"<ResponseMetadata><RequestId>%b</RequestId></ResponseMetadata>"
            b"</GetCallerIdentityResponse>"
        )
        % request_id
    )


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"", "MissingAction", "Could not find operation: the Action is missing"),
        (b"Version=2011-06-15", "MissingAction", "Could not find operation: the Action is missing"),
        (b"Action.a=b", "MissingAction", "Could not find operation: the Action is missing"),
        (
            b"Action=GetCallerIdentity",
            "NoSuchVersion",
            "The requested version ( None ) is not valid.",
        ),
        (
            b"Action=GetCallerIdentity&Version=2011-06-14",
            "NoSuchVersion",
            "The requested version ( 2011-06-14 ) is not valid.",
        ),
        (
            b"Action=Get%3CCaller&Version=2011-06-15",
            "InvalidAction",
            "Could not find operation Get<Caller for version 2011-06-15",
        ),
    ],
)
def test_a_form_that_names_no_operation(body: bytes, code: str, message: str) -> None:
    assert refusal_of(answer_to(form_request(body)), FAULT_NAMESPACE) == (400, code, message)


def test_an_operation_that_is_not_built() -> None:
    body = b"Action=GetSessionToken&Version=2011-06-15"
    assert refusal_of(answer_to(form_request(body))) == (
        501,
        "NotImplementedException",
        "sts has the operation GetSessionToken, but Shardline has not built it.",
    )


class TestSignatures:
    """The codes are Query's, the texts those of every service."""

    def test_missing(self) -> None:
        request = form_request(CALL)
        request.headers = {b"content-type": FORM.encode()}
        assert refusal_of(answer_to(request)) == (
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        )

    def test_of_another_secret(self) -> None:
        request = signed(body=CALL, headers={"Content-Type": FORM}, service="sts", secret="no")
        assert refusal_of(answer_to(request)) == (403, "SignatureDoesNotMatch", MISMATCH[1])

    def test_of_an_unknown_key(self) -> None:
        request = rewritten(form_request(CALL), ACCESS_KEY.encode(), b"AKIDNOBODY")
        assert refusal_of(answer_to(request)) == (403, "InvalidClientTokenId", UNRECOGNIZED[1])

    def test_for_another_service(self) -> None:
        assert refusal_of(answer_to(form_request(CALL, service="kinesis"))) == (
            403,
            "SignatureDoesNotMatch",
            "Credential should be scoped to correct service: 'sts'",
        )

    def test_incomplete(self) -> None:
        request = rewritten(form_request(CALL), b"Credential=", b"Credential= ")
        status, code, message = refusal_of(answer_to(request))
        assert (status, code) == (400, "IncompleteSignature")
        assert message is not None
        assert "not a valid key=value pair (missing equal-sign)" in message


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (b"DurationSeconds=1_0", "'1_0' can not be converted to an Integer"),
        (b"DurationSeconds=3000000000", "'3000000000' can not be converted to an Integer"),
        (b"DurationSeconds=", "'' can not be converted to an Integer"),
        (b"DurationSeconds.a=1", "Start of structure or map found where not expected."),
        (b"RoleSessionName.member.1=a", "Start of structure or map found where not expected."),
        (b"Tags=a", "Unexpected list element termination"),
        (b"Tags.member=a", "Unexpected list element termination"),
        (b"Tags.member.x.Key=a", "Key x is not a number"),
        (b"Tags.member.1=a", "Unexpected complex element termination"),
    ],
)
def test_values_of_a_wrong_type(parameters: bytes, message: str) -> None:
    response = answer_to(form_request(ASSUME + b"&" + parameters))
    assert refusal_of(response) == (400, "MalformedInput", message)


@pytest.mark.parametrize(
    "body",
    [
        CALL + b"&a=%ff",
        CALL + b"&" + b"a." * 31 + b"b=c",
        b"&".join(b"%x" % number for number in range(270_000))[: 2**20],
        b"&".join(b"%x=." % number for number in range(200_000))[: 2**20] + b"a.b" * 10,
    ],
    ids=["no UTF-8", "too deep", "too many", "too many parts"],
)
def test_forms_that_are_not_worked_on(body: bytes) -> None:
    response = answer_to(form_request(body[: 2**20]))
    status, code, _ = refusal_of(response, FAULT_NAMESPACE)
    assert (status, code) in {(400, "MalformedInput"), (400, "MissingAction")}


def test_constraints_are_told_as_a_validation_error() -> None:
    response = answer_to(form_request(ASSUME + b"&RoleSessionName=a"))
    assert refusal_of(response) == (
        400,
        "ValidationError",
        "1 validation error detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 2",
    )


def test_unicode_categories_in_patterns_are_known() -> None:
    tags = b"&Tags.member.1.Key=%s&Tags.member.1.Value=x"
    good = ASSUME + b"&RoleSessionName=ab" + tags % b"%C5%81%C3%B3d%C5%BA"
    assert answer_to(form_request(good)).status == 200
    bad = ASSUME + b"&RoleSessionName=ab" + tags % b"a%E2%82%AC"
    status, code, message = refusal_of(answer_to(form_request(bad)))
    assert (status, code) == (400, "ValidationError")
    assert message is not None
    assert r"regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+" in message


@given(body=st.binary(max_size=200) | st.text(alphabet="Ta.gsmember1=&%0", max_size=60).map(
    lambda text: ASSUME + b"&RoleSessionName=ab&" + text.encode()
))  # fmt: skip
@example(b"Action=%00%1b&Version=2011-06-15")
@example(ASSUME + b"&Tags.member.1.Key.x=1&Tags.member.1=2")
@settings(max_examples=examples(300), deadline=None)
def test_no_form_is_an_error_of_ours(body: bytes) -> None:
    response = answer_to(form_request(body))
    assert response.status in (200, 400)
    ElementTree.fromstring(response.body)


def test_a_whole_megabyte_of_names_takes_no_time() -> None:
    body = (b"a.b.c.d.e.f.g.h.i.j=1&" * 50_000)[: 2**20]
    began = time.process_time()
    response = answer_to(form_request(body))
    assert refusal_of(response, FAULT_NAMESPACE)[1] == "MalformedInput"
    assert time.process_time() - began < 2


def test_a_get_and_a_form_with_a_target_are_not_query() -> None:
    request = form_request(CALL)
    request.method = "GET"
    assert answer_to(request).status == 403
    assert b"SignatureDoesNotMatch" not in answer_to(request).body
    with_target = form_request(CALL, X_Amz_Target="Kinesis_20131202.ListStreams")
    assert answer_to(with_target, PIPELINE).status == 403


def test_the_namespace_is_the_services() -> None:
    request = form_request(CALL, service="kinesis")
    assert f'xmlns="{STS}"'.encode() in answer_to(request).body
