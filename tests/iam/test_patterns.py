"""Wildcards: a table from AWS's pages, and a slow and simple matcher as a model."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.iam.policy import patterns

STREAM = "arn:aws:kinesis:us-east-1:111111111111:stream/orders"
CONSUMER = f"{STREAM}/consumer/app:1700000000"
BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket"


@pytest.mark.parametrize(
    ("pattern", "resource", "fits"),
    [
        ("*", "*", True),
        ("*", STREAM, True),
        (STREAM, STREAM, True),
        (STREAM, STREAM.upper(), False),
        (STREAM, "*", False),
        (f"{STREAM}*", CONSUMER, True),
        (STREAM, CONSUMER, False),
        (f"{STREAM}/consumer/*", CONSUMER, True),
        (f"{STREAM}/consumer/app:*", CONSUMER, True),
        (f"{STREAM}/consumer/*:170000000?", CONSUMER, True),
        ("arn:aws:kinesis:*:*:stream/ord?rs", STREAM, True),
        ("arn:aws:kinesis:us-*-1:1*:stream/*s", STREAM, True),
        ("arn:aws:kinesis:us-*-2:*:stream/orders", STREAM, False),
        ("arn:aws:kinesis:us-east-1:?11111111111:stream/orders", STREAM, True),
        ("arn:aws:kinesis:us-east-1:??11111111111:stream/orders", STREAM, False),
        # "If the * wildcard is the last character of a resource ARN segment, it can expand to match
        # beyond the colon boundaries"; within a segment it cannot.
        ("arn:aws:kinesis:*", STREAM, True),
        ("arn:aws:kinesis:us-*", STREAM, True),
        ("arn:aws:kinesis:*:stream/orders", STREAM, True),
        ("arn:aws:kinesis:*:stream/orders/consumer/app:1700000000", CONSUMER, True),
        ("arn:aws:kinesis:*:stream/other", STREAM, False),
        ("arn:aws:kinesis:us*m/orders", STREAM, False),
        ("arn:aws:kin?sis", STREAM, False),
        # The User Guide's own examples of the Resource element.
        *[
            (f"{BUCKET}/*/test/*", f"{BUCKET}/{key}", fits)
            for key, fits in {
                "1/test/object.jpg": True,
                "1/2/test/object.jpg": True,
                "1/2/test/3/object.jpg": True,
                "1/2/3/test/4/object.jpg": True,
                "1///test///object.jpg": True,
                "/test/object.jpg": True,
                "1/test/": True,
                "1-test/object.jpg": False,
                "test/object.jpg": False,
                "1/2/test.jpg": False,
            }.items()
        ],
    ],
)
def test_a_resource_pattern(pattern: str, resource: str, fits: bool) -> None:
    assert patterns.resource_matcher(patterns.read(pattern))(resource) is fits


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        (STREAM, True),
        ("arn:aws:kinesis:*:*:*", True),
        ("arn:*:*:*:*:stream/*", True),
        ("arn:aws:kinesis:*", False),
        ("arn:aws:kinesis:*:stream/orders", False),
        ("*", False),
    ],
)
def test_an_arn_operator_matches_its_six_components_one_by_one(pattern: str, fits: bool) -> None:
    assert patterns.arn_matcher(patterns.read(pattern))(STREAM) is fits


def test_one_of_several_patterns_is_enough() -> None:
    either = patterns.any_text_matcher([patterns.read("kinesis:put*"), patterns.read("s3:?et")])
    assert either("kinesis:putrecord")
    assert either("s3:get")
    assert not either("kinesis:getrecords")
    assert not patterns.any_text_matcher([])("")


def simply(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern: by the book, and slow."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return simply(pattern[1:], text) or (bool(text) and simply(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and simply(pattern[1:], text[1:])


@given(st.text("ab*?\n", max_size=8), st.text("ab\n", max_size=10))
def test_text_matches_as_the_book_says(pattern: str, text: str) -> None:
    assert patterns.text_matcher(patterns.read(pattern))(text) is simply(pattern, text)


SEGMENT = st.text("ab*", max_size=4)


@given(st.lists(SEGMENT, min_size=6, max_size=6), st.lists(st.text("ab", max_size=3), min_size=6))
def test_components_match_as_the_book_says(components: list[str], parts: list[str]) -> None:
    *head, last = components
    expected = all(map(simply, head, parts)) and simply(last, ":".join(parts[5:]))
    matches = patterns.arn_matcher(patterns.read(":".join(components)))
    assert matches(":".join(parts)) is expected


@given(st.lists(SEGMENT, min_size=1, max_size=6), st.lists(st.text("ab", max_size=2), min_size=1))
def test_a_resource_that_fits_component_by_component_fits(
    components: list[str], parts: list[str]
) -> None:
    pattern, text = ":".join(components), ":".join(parts)
    fits = patterns.resource_matcher(patterns.read(pattern))(text)
    assert fits or not patterns.arn_matcher(patterns.read(pattern))(text)
    # And never more than a `*` that knows no colons.
    assert not fits or simply(pattern, text)


@pytest.mark.parametrize("pattern", ["*a" * 2_000 + "b", "*:" * 1_000 + "x", "?*" * 2_000 + "b"])
def test_no_pattern_makes_matching_slow(pattern: str) -> None:
    text = "arn:aws:" + "a:" * 900 + "a" * 1_000
    started = time.process_time()
    for matcher in (patterns.resource_matcher, patterns.text_matcher, patterns.arn_matcher):
        assert not matcher(patterns.read(pattern))(text)
    assert time.process_time() - started < 5
