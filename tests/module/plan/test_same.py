"""Two documents that say the same."""

import pytest

from shardline.module.plan.same import same_document

DOCUMENT = '{"Statement": [{"Action": ["b", "a"], "Principal": {"Service": ["x"]}}]}'


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (DOCUMENT, True),
        ('{"Statement": {"Principal": {"Service": "x"}, "Action": ["a", "b"]}}', True),
        ('{"Statement": [{"Action": ["a"], "Principal": {"Service": ["x"]}}]}', False),
        ('{"Statement": [{"Action": ["b", "a"], "Principal": {"AWS": ["x"]}}]}', False),
        ("{}", False),
        ("no JSON", False),
    ],
)
def test_form_and_order_are_no_difference(other: str, same: bool) -> None:
    assert same_document(DOCUMENT, other) is same
    assert same_document(other, DOCUMENT) is same
