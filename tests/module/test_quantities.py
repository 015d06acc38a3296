"""Numbers with a unit: what they mean, and that the pattern accepts what is understood."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from module.configurations import unhurried
from shardline.module.spec import quantities
from shardline.module.spec.quantities import Quantity

KINDS = {name: kind for name, kind in vars(quantities).items() if isinstance(kind, Quantity)}


@pytest.mark.parametrize(
    ("kind", "text", "amount"),
    [
        (quantities.RETENTION, "24h", 24 * 60),
        (quantities.RETENTION, "365d", 8760 * 60),
        (quantities.RECORD_SIZE, "1MiB", 1024),
        (quantities.LAG, "90m", 90),
        (quantities.TARGET, "60%", 60),
        (quantities.SHARE, "0.1%", Fraction(1, 10)),
    ],
)
def test_what_it_means(kind: Quantity, text: str, amount: Fraction) -> None:
    assert kind.parse(text) == amount


@pytest.mark.parametrize("name", KINDS)
@unhurried
@given(data=st.data())
def test_the_pattern_accepts_what_parse_accepts(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    number = data.draw(st.decimals(0, 10_000, places=kind.places) | st.integers(0, 600_000))
    text = f"{number}{data.draw(st.sampled_from([*kind.units, '', 'x']))}"
    try:
        kind.parse(text)
        accepted = True
    except ValueError:
        accepted = False
    assert accepted == bool(re.search(kind.pattern(), text)), text


@pytest.mark.parametrize("name", KINDS)
def test_its_examples_are_right(name: str) -> None:
    for example in KINDS[name].examples:
        assert KINDS[name].parse(example)


@pytest.mark.parametrize("text", ["", "h", "24", "1.5h", "24 h", "24H", "-24h", "٢٤h", "24hh"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        quantities.RETENTION.parse(text)


def test_what_is_out_of_range_says_what_is_not() -> None:
    with pytest.raises(ValueError, match="outside 24h to 365d"):
        quantities.RETENTION.parse("23h")


@pytest.mark.parametrize("name", KINDS)
@unhurried
@given(data=st.data())
def test_what_is_written_means_the_same(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    unit = min(kind.units.values())
    units = st.integers(int(kind.least / unit) + 1, int(kind.most / unit))
    amount = Fraction(data.draw(units) * unit)
    assert kind.parse(kind.write(amount)) == amount
