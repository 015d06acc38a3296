"""Presigned requests: the signature stands in the query."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4QueryAuth

from gateway.sigv4_support import (
    ACCESS_KEY,
    HOST,
    MISMATCH,
    ROOT,
    UNRECOGNIZED,
    refusal,
    signed,
    verifier,
)


class TestQuery:
    def presigned(self, expires=60, **options):
        request = signed(auth=SigV4QueryAuth, expires=expires, headers={}, body=b"", **options)
        assert b"authorization" not in request.headers
        return request

    def at(self, request, seconds):
        """A verifier whose time is so much later than the signature."""
        text = request.query.split(b"X-Amz-Date=")[1][:16].decode()
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return verifier(now_ms=(int(moment.timestamp()) + seconds) * 1000)

    def test_a_presigned_request(self):
        request = self.presigned(method="GET", url=f"https://{HOST}/?Action=List&Name=a%20b")
        for seconds in (-300, 0, 60):
            caller = self.at(request, seconds).verify(request, service="kinesis")
            assert caller.access_key == ACCESS_KEY

    def test_a_presigned_request_lives_as_long_as_it_says(self):
        for expires, span in ((60, "1 min."), (61, "61 sec.")):
            request = self.presigned(expires=expires)
            at_end = self.at(request, expires)
            assert at_end.verify(request, service="kinesis").region == "us-east-1"
            code, message = refusal(request, verified_by=self.at(request, expires + 1))
            assert code == "InvalidSignatureException"
            assert message.startswith("Signature expired: ")
            assert message.endswith(f"- {span})")

    def test_a_presigned_request_with_a_session_token(self):
        checks = verifier(replace(ROOT, session_token="Fwo/+="))
        request = self.presigned(token="Fwo/+=")
        assert checks.verify(request, service="kinesis").access_key == ACCESS_KEY
        assert refusal(self.presigned(), verified_by=checks) == UNRECOGNIZED

    def test_a_body_added_later(self):
        request = self.presigned()
        request.body = b"{}"
        assert refusal(request) == MISMATCH

    def test_a_parameter_added_later(self):
        request = self.presigned()
        request.query += b"&Action=Delete"
        assert refusal(request) == MISMATCH

    @pytest.mark.parametrize(
        ("expires", "text"),
        [
            (b"-1", "X-Amz-Expires should be a number"),
            (b"", "X-Amz-Expires should be a number"),
            (b"604801", "X-Amz-Expires must be less than a week"),
            (b"9" * 5000, "X-Amz-Expires must be less than a week"),
        ],
    )
    def test_expires_is_bounded(self, expires, text):
        request = self.presigned()
        request.query = request.query.replace(b"Expires=60", b"Expires=" + expires)
        code, message = refusal(request)
        assert code == "IncompleteSignatureException"
        assert message.startswith(text)

    def test_header_and_query(self):
        # kinesalite test/connection.js
        for query in (b"X-Amz-Algorithm", b"a=b&X-Amz-Algorithm=c", b"X%2DAmz-Algorithm="):
            request = signed()
            request.query = query
            assert refusal(request) == (
                "InvalidSignatureException",
                "Found both 'X-Amz-Algorithm' as a query-string param "
                "and 'Authorization' as HTTP header.",
            )

    @pytest.mark.parametrize(
        ("query", "lacking"),
        [
            (b"X-Amz-Algorithm", ["Algorithm", "Credential", "Signature", "SignedHeaders", "Date"]),
            (
                b"X-Amz-Algorithm=a&X-Amz-Signature=&X-Amz-Date=b&X-Amz-Credential=c",
                ["Signature", "SignedHeaders"],
            ),
        ],
    )
    def test_missing_parameters(self, query, lacking):
        # kinesalite test/connection.js
        request = self.presigned()
        request.query = query
        sentences = [
            f"AWS query-string parameters must include 'X-Amz-{name}'. " for name in lacking
        ]
        assert refusal(request) == (
            "IncompleteSignatureException",
            "".join(sentences) + "Re-examine the query-string parameters.",
        )

    def test_an_unreadable_date(self):
        request = self.presigned()
        date = request.query.split(b"X-Amz-Date=")[1][:16]
        request.query = request.query.replace(date, b"Sun, 30 Aug 2015 12:36:00 GMT")
        code, message = refusal(request)
        assert code == "IncompleteSignatureException"
        assert message.startswith("Date must be in ISO-8601 'basic format'. Got 'Sun, 30 Aug")
