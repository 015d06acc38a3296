"""Where statements stand; the recorded places of AWS are in `api/test_simulation.py`."""

import json

from shardline.iam.policy.context_keys import context_keys
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.positions import statement_spans


def spans(text: str) -> list[tuple[int, int, int, int]]:
    return [(*span.start, *span.end) for span in statement_spans(text)]


def test_statements_of_a_list() -> None:
    assert spans('{"Statement":[{"Sid":"a"},{"Sid":"b"}]}') == [(1, 15, 1, 26), (1, 26, 1, 38)]


def test_braces_in_texts_are_none() -> None:
    text = '{"Id": "}{\\"", "Statement": [{"Sid": "]}[{"}]}'
    (span,) = statement_spans(text)
    assert text[span.start.column - 1 : span.end.column - 1] == '{"Sid": "]}[{"}'


def test_the_key_counts_and_not_how_it_is_written() -> None:
    assert len(spans('{"\\u0053tatement": [{}], "Id": "Statement"}')) == 1
    assert spans('{"Id": "Statement", "Version": "x"}') == []
    inner = {"Statement": [{"Condition": {"StringLike": {"Statement": ["a"]}}}, {}]}
    assert len(spans(json.dumps(inner, indent=1))) == 2


def test_keys_are_told_once_as_they_were_written_first() -> None:
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "a:b",
                "NotResource": ["arn:aws:a:::${aws:Username, 'none'}-${*}", "*"],
                "Condition": {"StringLike": {"AWS:USERNAME": "${s3:prefix}", "k:v": ["x", "y"]}},
            },
        }
    )
    assert context_keys([(text, Kind.IDENTITY)]) == ["aws:Username", "s3:prefix", "k:v"] or (
        context_keys([(text, Kind.IDENTITY)]) == ["aws:Username", "k:v", "s3:prefix"]
    )
