"""What the page's JavaScript finds, writes and reckons is what Python does."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from playwright.sync_api import Browser, Page
from pydantic import ValidationError

from module.broken_configurations import BROKEN, Broken
from module.configurations import anything, right
from shardline.module.form.page import RULES, part
from shardline.module.prices import Load, monthly
from shardline.module.schema import schema
from shardline.module.spec import StreamConfig, loads, resolve
from shardline.module.spec.load import read_source

pytestmark = pytest.mark.slow

many = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def rules(browser: Browser) -> Any:
    """A page that has the form's functions and no form."""
    page = browser.new_page()
    page.set_content('<script type="application/json" id="schema"></script>')
    page.evaluate(
        "text => { document.getElementById('schema').textContent = text }", json.dumps(schema())
    )
    scripts = "\n".join(part(name) for name in RULES)
    page.evaluate(f"() => {{ {scripts}\nwindow.rules = {{ problems, file, price, meant }}; }}")
    yield page
    page.close()


def problems(rules: Page, values: Any) -> list[dict[str, Any]]:
    """What the page finds wrong."""
    found: list[dict[str, Any]] = rules.evaluate("values => rules.problems(values)", values)
    return found


@many
@given(values=right)
def test_what_is_right_is_right_and_written_and_priced_alike(
    rules: Page, values: dict[str, Any]
) -> None:
    assert problems(rules, values) == []
    assert loads(rules.evaluate("values => rules.file(values)", values)).written() == values
    stream = resolve(StreamConfig.model_validate(values))
    load = Load(records_per_second=333, record_kib=2.5, readers=2)
    told = rules.evaluate(
        "values => rules.price(values, {records_per_second: 333, record_kib: 2.5, readers: 2})",
        values,
    )
    ours = monthly(stream, load)
    assert told["total"] == pytest.approx(ours.total)
    assert [line["title"] for line in told["bill"]] == [line.title for line in ours.lines]


@many
@given(values=anything())
def test_what_is_refused_is_refused(rules: Page, values: dict[str, Any]) -> None:
    try:
        StreamConfig.model_validate(values)
        refused = False
    except ValidationError:
        refused = True
    assert bool(problems(rules, values)) == refused


@pytest.mark.parametrize(
    "broken",
    [broken for broken in BROKEN if broken.in_schema is not None and ":" in broken.text],
    ids=lambda broken: broken.name,
)
def test_what_is_broken_is_told_at_the_same_place(rules: Page, broken: Broken) -> None:
    values = read_source(broken.text).values
    if not isinstance(values, dict):
        return
    found = problems(rules, values)
    assert found
    assert all(one["wrong"] for one in found)
    paths = {".".join(map(str, one["path"])) for one in found}
    expected = broken.path.replace("[", ".").replace("]", "")
    assert any(path == expected or path.startswith(f"{expected}.") for path in paths), paths
