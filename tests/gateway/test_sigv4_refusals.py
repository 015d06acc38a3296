"""What AWS says about a signature that lacks something. Sources: `gateway/sigv4_errors.py`."""

import pytest

from gateway.sigv4_support import (
    ACCESS_KEY,
    MISMATCH,
    UNRECOGNIZED,
    basic,
    refusal,
    rewritten,
    signed,
    stamp_ms,
    verifier,
)


class TestHeaderThatLacksParts:
    REQUIRES = "Authorization header requires "
    DATE = REQUIRES + "existence of either a 'X-Amz-Date' or a 'Date' header. "

    def incomplete(self, authorization, headers=None):
        request = signed()
        request.headers = {b"authorization": authorization, **(headers or {})}
        code, message = refusal(request)
        assert code == "IncompleteSignatureException"
        return message

    def test_no_authorization(self):
        request = signed()
        for absent in ({}, {b"authorization": b""}):
            request.headers = absent
            for query in (b"", b"X-Amz-Credential=a&X-Amz-Date=b"):
                request.query = query
                expected = ("MissingAuthenticationTokenException", "Missing Authentication Token")
                assert refusal(request) == expected

    def test_nothing_but_a_word(self):
        assert self.incomplete(b"X") == (
            f"{self.REQUIRES}'Credential' parameter. {self.REQUIRES}'Signature' parameter. "
            f"{self.REQUIRES}'SignedHeaders' parameter. {self.DATE}Authorization=X"
        )

    def test_one_part_is_missing(self):
        # kinesalite test/connection.js
        header = b"AWS4- Signature=b,Credential=a"
        assert self.incomplete(header, {b"date": b"a"}) == (
            f"{self.REQUIRES}'SignedHeaders' parameter. Authorization={header.decode()}"
        )

    def test_an_empty_part_is_missing(self):
        header = b"AWS4-HMAC-SHA256 Signature=, Credential=a, SignedHeaders=host"
        assert self.incomplete(header, {b"x-amz-date": b"a"}) == (
            f"{self.REQUIRES}'Signature' parameter. Authorization={header.decode()}"
        )

    def test_only_the_date_is_missing(self):
        header = b"AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=" + b"0" * 64
        for empty in ({}, {b"date": b"", b"x-amz-date": b""}):
            message = self.incomplete(header, empty)
            assert message == f"{self.DATE}Authorization={header.decode()}"

    def test_a_name_that_only_ends_like_signature(self):
        header = b"AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, NoSignature=" + b"0" * 64
        message = self.incomplete(header, {b"date": b"a"})
        assert message.startswith(f"{self.REQUIRES}'Signature' parameter. Authorization=")

    def test_a_part_without_equal_sign(self):
        # dynalite index.js
        header = b"AWS4-HMAC-SHA256 Signature=b,    Credential,    SignedHeaders"
        assert self.incomplete(header) == (
            "'Credential' not a valid key=value pair (missing equal-sign) "
            f"in Authorization header: '{header.decode()}'."
        )

    def test_two_authorization_headers(self):
        request = signed()
        request.headers[b"authorization"] += b"," + request.headers[b"authorization"]
        code, message = refusal(request)
        assert code == "IncompleteSignatureException"
        assert message.startswith("'AWS4-HMAC-SHA256' not a valid key=value pair")

    @pytest.mark.parametrize(
        "date", [b"201", b"20150830T999999Z", b"2015-08-30T12:36:00Z", b"\xff"]
    )
    def test_an_unreadable_date(self, date):
        for name in (b"x-amz-date", b"date"):
            request = signed()
            del request.headers[b"x-amz-date"]
            request.headers[name] = date
            assert refusal(request) == (
                "IncompleteSignatureException",
                f"Date must be in ISO-8601 'basic format'. Got '{date.decode('latin-1')}'. "
                "See http://en.wikipedia.org/wiki/ISO_8601",
            )

    @pytest.mark.parametrize("algorithm", ["AWS4-HMAC-SHA25", "AWS4-ECDSA-P256-SHA256", "Basic"])
    def test_another_algorithm(self, algorithm):
        request = rewritten(signed(), b"AWS4-HMAC-SHA256", algorithm.encode())
        for _ in range(2):
            assert refusal(request) == (
                "IncompleteSignatureException",
                f"Unsupported AWS 'algorithm': '{algorithm}' (only AWS4-HMAC-SHA256 for now). ",
            )


class TestScope:
    def test_another_service(self):
        assert refusal(signed(service="dynamodb")) == (
            "InvalidSignatureException",
            "Credential should be scoped to correct service: 'kinesis'",
        )

    def test_a_service_verified_for_another_one_before(self):
        checks, request = verifier(), signed()
        checks.verify(request, service="kinesis")
        code, message = refusal(request, verified_by=checks, service="monitoring")
        assert message == "Credential should be scoped to correct service: 'monitoring'"
        assert code == "InvalidSignatureException"

    def test_no_name_of_a_region(self):
        for region in ("US-EAST-1", "a_b", "-a", "a-", "x" * 64):
            assert refusal(signed(region=region)) == (
                "InvalidSignatureException",
                f"Credential should be scoped to a valid region, not '{region}'.",
            )

    def test_everything_wrong_at_once(self):
        request = signed()
        stamp = basic(stamp_ms(request))
        scope = f"{stamp[:8]}/us-east-1/kinesis/aws4_request".encode()
        assert refusal(rewritten(request, scope, b"b/C/d/e")) == (
            "InvalidSignatureException",
            "Credential should be scoped to a valid region, not 'C'. "
            "Credential should be scoped to correct service: 'kinesis'. "
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. "
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
            f"from HTTP: 'b' != '{stamp[:8]}', from '{stamp}'.",
        )

    @pytest.mark.parametrize("credential", [b"a/b/c/d", b"a/b/c/d/e/f", b"a"])
    def test_not_five_elements(self, credential):
        request = signed()
        own = request.headers[b"authorization"].split(b"Credential=")[1].split(b",")[0]
        assert refusal(rewritten(request, own, credential)) == (
            "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{credential.decode()}'",
        )


class TestTime:
    def test_five_minutes_either_way_are_accepted(self):
        request = signed()
        for seconds in (-300, 0, 300):
            now = verifier(now_ms=stamp_ms(request) + seconds * 1000)
            assert now.verify(request, service="kinesis").access_key == ACCESS_KEY

    def test_expired(self):
        request = signed()
        signed_at = stamp_ms(request)
        now = signed_at + 301_000
        assert refusal(request, verified_by=verifier(now_ms=now)) == (
            "InvalidSignatureException",
            f"Signature expired: {basic(signed_at)} is now earlier than {basic(now - 300_000)} "
            f"({basic(now)} - 5 min.)",
        )

    def test_not_yet_current(self):
        request = signed()
        signed_at = stamp_ms(request)
        now = signed_at - 301_000
        assert refusal(request, verified_by=verifier(now_ms=now)) == (
            "InvalidSignatureException",
            f"Signature not yet current: {basic(signed_at)} is still later than "
            f"{basic(now + 300_000)} ({basic(now)} + 5 min.)",
        )


class TestOrderOfChecks:
    def test_of_many_faults_the_first_is_told(self):
        """One request, with the faults of all checks; they are mended one by one."""
        # Given
        request = signed(secret="wrong", token="whatever")
        date, whole = request.headers[b"x-amz-date"], request.headers[b"authorization"]
        owner = ACCESS_KEY.encode() + b"/" + date[:8]
        credential = whole.replace(owner, b"who")
        algorithm = credential.replace(b"AWS4-HMAC-SHA256", b"AWS4")
        host = algorithm.replace(b"host;", b"")
        old = b"20150830T123600Z"
        # When
        expected = []
        for authorization, dated, begins in (
            (b"", old, "Missing Authentication Token"),
            (b"AWS4", old, "Authorization header requires 'Credential' parameter."),
            (host, b"nonsense", "Date must be in ISO-8601 'basic format'."),
            (host, old, "Signature expired: 20150830T123600Z"),
            (host, date, "'Host' or ':authority' must be a 'SignedHeader'"),
            (algorithm, date, "Unsupported AWS 'algorithm': 'AWS4'"),
            (credential, date, "Credential must have exactly 5 slash-delimited elements"),
            (whole.replace(owner, b"who/then"), date, "Date in Credential scope does not match"),
            (whole.replace(ACCESS_KEY.encode(), b"who"), date, UNRECOGNIZED[1]),
            (whole, date, MISMATCH[1]),
        ):
            request.headers[b"authorization"] = authorization
            request.headers[b"x-amz-date"] = dated
            expected.append((refusal(request)[1], begins))
        expected.append((refusal(signed(token="whatever"))[1], UNRECOGNIZED[1]))
        # Then
        for message, begins in expected:
            assert message.startswith(begins)
