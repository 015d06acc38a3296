"""Which signatures are accepted, and that nothing but the key's own secret makes one."""

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from gateway.sigv4_support import (
    ACCESS_KEY,
    ACCOUNT,
    EMPTY_HASH,
    HOST,
    MISMATCH,
    ROOT,
    SECRET,
    UNRECOGNIZED,
    refusal,
    rewritten,
    signed,
    stamp_ms,
    verifier,
)
from shardline.gateway.credentials import root_credential
from shardline.gateway.sigv4 import SigV4Verifier
from shardline.gateway.types import Caller


def resigned(request, moment):
    """Sign again with only Host in the headers, and the moment in the string to sign."""
    auth = SigV4Auth(Credentials(ACCESS_KEY, SECRET), "kinesis", "us-east-1")
    raw = AWSRequest("POST", f"https://{HOST}/", headers={"Host": HOST}, data=request.body)
    raw.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
    signature = auth.signature(auth.string_to_sign(raw, auth.canonical_request(raw)), raw)
    request.headers = {
        b"host": HOST.encode(),
        b"authorization": f"AWS4-HMAC-SHA256 Credential={auth.scope(raw)}, "
        f"SignedHeaders=host, Signature={signature}".encode(),
    }
    return request


class TestAccepted:
    def test_the_caller_is_the_key_s_owner_in_the_region_signed_for(self):
        caller = verifier().verify(signed(region="eu-west-3"), service="kinesis")
        arn = f"arn:aws:iam::{ACCOUNT}:root"
        assert caller == Caller(ACCOUNT, "eu-west-3", ACCESS_KEY, arn, True)

    def test_again_and_again_with_other_bodies_and_regions(self):
        checks = verifier()
        for region in ("us-east-1", "local", "us-gov-west-1", "us-east-1"):
            for body in (b"", b"{}", bytes(range(256)) * 5000):
                request = signed(body=body, region=region)
                assert checks.verify(request, service="kinesis").region == region

    def test_the_parts_in_any_order_and_apart_by_comma_blank_or_both(self):
        request = signed()
        algorithm, *parts = request.headers[b"authorization"].replace(b",", b"").split()
        for separator in (b",", b" ", b", ", b" ,\t"):
            for order in (parts, parts[::-1], parts[1:] + parts[:1]):
                request.headers[b"authorization"] = algorithm + b" " + separator.join(order)
                assert verifier().verify(request, service="kinesis").access_key == ACCESS_KEY

    def test_slashes_after_the_credential(self):
        request = rewritten(signed(), b"/aws4_request", b"/aws4_request//")
        assert verifier().verify(request, service="kinesis").region == "us-east-1"

    def test_a_date_header_in_rfc_1123(self):
        request = signed(headers={"Date": "to be replaced by botocore"})
        assert b"x-amz-date" not in request.headers
        assert verifier().verify(request, service="kinesis").access_key == ACCESS_KEY

    @pytest.mark.parametrize("form", ["gmt", "offset", "basic"])
    def test_a_date_header_that_is_not_signed_itself(self, form):
        # The date is part of the string to sign, so its header need not be signed.
        request = signed()
        moment = datetime.fromtimestamp(stamp_ms(request) // 1000, UTC)
        del request.headers[b"x-amz-date"]
        request = resigned(request, moment)
        request.headers[b"date"] = {
            "gmt": format_datetime(moment, usegmt=True),
            "offset": format_datetime(moment),
            "basic": moment.strftime("%Y%m%dT%H%M%SZ"),
        }[form].encode()
        assert verifier().verify(request, service="kinesis").access_key == ACCESS_KEY

    def test_an_http2_client_that_signs_authority_by_its_name(self):
        request = signed(headers={":authority": HOST, "host": HOST})
        assert b"SignedHeaders=:authority;host;" in request.headers[b"authorization"]
        del request.headers[b":authority"]
        assert verifier().verify(request, service="kinesis").access_key == ACCESS_KEY

    def test_a_temporary_key_with_its_session_token(self):
        temporary = replace(ROOT, session_token="FwoGZXIvYXdzEBYaDK")
        request = signed(token="FwoGZXIvYXdzEBYaDK")
        assert verifier(temporary).verify(request, service="kinesis").access_key == ACCESS_KEY

    def test_a_claimed_payload_hash_that_is_true(self):
        request = signed(headers={"X-Amz-Content-SHA256": EMPTY_HASH}, body=b"")
        assert verifier().verify(request, service="kinesis").access_key == ACCESS_KEY


class TestKey:
    def test_an_unknown_key(self):
        assert refusal(rewritten(signed(), ACCESS_KEY.encode(), b"AKIDOTHER")) == UNRECOGNIZED

    def test_a_wrong_secret(self):
        assert refusal(signed(secret="wrong")) == MISMATCH

    def test_a_static_key_with_a_session_token(self):
        assert refusal(signed(token="whatever")) == UNRECOGNIZED

    @pytest.mark.parametrize("token", [None, "other", "\xe9"])
    def test_a_temporary_key_without_its_session_token(self, token):
        checks = verifier(replace(ROOT, session_token="FwoGZXIvYXdzEBYaDK"))
        assert refusal(signed(token=token), verified_by=checks) == UNRECOGNIZED

    def test_a_key_that_is_deleted_or_changed_is_dead_at_once(self):
        class Keys:
            current = ROOT

            def find(self, access_key, token):
                return self.current

        keys = Keys()
        checks = SigV4Verifier(keys, wall_ms=lambda: stamp_ms(request))
        request = signed()
        checks.verify(request, service="kinesis")
        keys.current = root_credential(ACCESS_KEY, "another", ACCOUNT)
        assert refusal(request, verified_by=checks) == MISMATCH
        keys.current = None
        assert refusal(request, verified_by=checks) == UNRECOGNIZED

    def test_a_secret_does_not_show_when_printed(self):
        assert SECRET not in repr(ROOT)
        assert "Fwo" not in repr(replace(ROOT, session_token="Fwo"))


class TestSignedHeaders:
    def test_host_must_be_signed(self):
        request = signed()
        rewritten(request, b"content-type;host;", b"content-type;")
        assert refusal(request) == (
            "InvalidSignatureException",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        )

    def test_a_target_must_be_signed(self):
        request = signed(headers={"Content-Type": "application/x-amz-json-1.1"})
        request.headers[b"x-amz-target"] = b"Kinesis_20131202.DeleteStream"
        assert refusal(request) == (
            "InvalidSignatureException",
            "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
        )

    def test_a_signed_header_that_is_not_there(self):
        request = signed()
        del request.headers[b"content-type"]
        assert refusal(request) == MISMATCH

    def test_unsigned_headers_do_not_matter(self):
        request = signed()
        request.headers[b"user-agent"] = b"aws-cli"
        request.headers[b"x-amzn-trace-id"] = b"Root=1"
        assert verifier().verify(request, service="kinesis").access_key == ACCESS_KEY


class TestPayload:
    @pytest.mark.parametrize("claimed", [EMPTY_HASH, "UNSIGNED-PAYLOAD", "garbage"])
    def test_a_claimed_hash_is_not_believed(self, claimed):
        # botocore signs the claim as the payload's hash.
        assert refusal(signed(headers={"X-Amz-Content-SHA256": claimed}, body=b"{}")) == MISMATCH

    def test_a_false_claim_beside_a_true_signature(self):
        request = signed(body=b"{}")
        request.headers[b"x-amz-content-sha256"] = EMPTY_HASH.encode()
        assert refusal(request) == MISMATCH
