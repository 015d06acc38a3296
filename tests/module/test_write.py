"""The commented file says what it was made of, however odd the texts."""

from typing import Any

from hypothesis import given

from module.configurations import right, unhurried
from shardline.module.schema import schema
from shardline.module.schema.write import WIDTH, commented
from shardline.module.spec import loads


@unhurried
@given(right)
def test_what_is_written_is_what_is_read(values: dict[str, Any]) -> None:
    assert loads(commented(values)).written() == values


def test_every_field_is_explained_or_mentioned() -> None:
    text = commented({"name": "orders", "retention": "7d"})
    for name in schema()["properties"]:
        assert f"\n{name}:" in text or f"\n# {name}:" in text
    assert "# How long records are kept and can be read again" in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_what_holds_is_shown() -> None:
    text = commented({"name": "orders", "preset": "development"})
    assert "# shards: 4\n" in text
    assert "# alarms: false\n" in text
    assert "# mode: provisioned\n" in text
