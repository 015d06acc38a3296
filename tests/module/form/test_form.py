"""The form in a real browser: filled in as a person would, and what comes of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from shardline.module.form import page as form_page
from shardline.module.prices import monthly
from shardline.module.spec import load, loads, resolve
from shardline.module.spec.presets import PRESETS

pytestmark = pytest.mark.slow


def written(form: Page) -> dict[str, Any]:
    """What the file on the page says, as the loader reads it."""
    return loads(form.locator("#yaml").text_content() or "").written()


def pick(form: Page, field: str, choice: str) -> None:
    """Choose one of a field's choices."""
    choices = form.get_by_role("radiogroup", name=field, exact=True)
    choices.get_by_role("radio", name=choice, exact=True).check()


def downloaded(form: Page, folder: Path) -> Path:
    """The file that the button gives."""
    with form.expect_download() as download:
        form.get_by_role("button", name="Download").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_name_is_enough(form: Page, tmp_path: Path) -> None:
    # Given a form in which nothing is filled in, which says what it needs
    expect(form.get_by_role("button", name="Download")).to_be_disabled()
    expect(form.locator("#summary")).to_contain_text("Name: this is missing")

    # When a name is filled in, and the file downloaded
    form.get_by_label("Name").fill("orders")
    path = downloaded(form, tmp_path)

    # Then it is the file that the loader reads, and the price is its price
    assert path.name == "stream.yaml"
    config = load(path)
    assert config.written() == {"name": "orders"}
    expect(form.locator("#total")).to_have_text(f"${monthly(resolve(config)).total:.2f}")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_shows_what_it_says(name: str, form: Page) -> None:
    form.get_by_label("Name").fill("orders")
    pick(form, "Preset", PRESETS[name].title)
    assert written(form) == {"name": "orders", "preset": name}
    total = monthly(resolve(loads(form.locator("#yaml").text_content() or ""))).total
    expect(form.locator("#total")).to_have_text(f"${total:,.2f}")
    shards = form.get_by_role("group", name="Shards", exact=True)
    if "shards" in PRESETS[name].values:
        expect(shards.get_by_role("spinbutton")).to_have_value(str(PRESETS[name].values["shards"]))
    else:
        expect(shards).to_have_count(0)


def test_everything_filled_in(form: Page, tmp_path: Path) -> None:
    # When every field is filled in
    form.get_by_label("Name").fill("orders")
    form.get_by_label("Region").fill("eu-west-1")
    pick(form, "Preset", "Production")
    pick(form, "Shards", "A range, which follows the load")
    form.get_by_label("At most").fill("32")
    form.get_by_label("Target").fill("70")
    form.get_by_label("Retention").fill("7")
    form.locator("#field-retention ~ select").select_option("d")
    form.get_by_label("Largest record").fill("2")
    pick(form, "Encryption", "With a key of your own")
    form.get_by_label("Key", exact=True).fill("alias/orders")
    form.get_by_role("group", name="Fan-out consumers").get_by_role("button", name="Add").click()
    form.get_by_label("Fan-out consumers 1").fill("billing")
    pick(form, "Always read", "No")
    pick(form, "Metrics of each shard", "Some of them")
    form.get_by_label("IncomingBytes").check()
    pick(form, "Alarms", "Choose, and say where to send them")
    alarms = form.get_by_role("group", name="Alarms", exact=True)
    notify = alarms.get_by_role("group", name="Send alarms to")
    notify.get_by_role("button", name="Add").click()
    notify.get_by_role("textbox").fill("arn:aws:sns:eu-west-1:123456789012:oncall")
    pick(form, "Readers are behind", "At a threshold of your own")
    form.get_by_role("group", name="Readers are behind").get_by_role("spinbutton").fill("90")
    pick(form, "Reads fail", "No such alarm")
    form.get_by_role("group", name="May read").get_by_text("Add: one that is there").click()
    form.get_by_label("May read 1").fill("role/billing")
    form.get_by_role("group", name="May write").get_by_text("Add: a role to create").click()
    form.get_by_label("Role", exact=True).fill("shop")
    form.get_by_role("group", name="Trusted").get_by_role("button", name="Add").click()
    form.get_by_label("Trusted 1").fill("lambda.amazonaws.com")
    form.get_by_role("group", name="Tags", exact=True).get_by_role("button", name="Add").click()
    form.get_by_label("Key 1").fill("team")
    form.get_by_label("Key 1").press("Tab")
    form.get_by_label("Value 1").fill("shop + co")

    # Then the file says it, and the loader reads it so
    assert load(downloaded(form, tmp_path)).written() == {
        "name": "orders",
        "region": "eu-west-1",
        "preset": "production",
        "shards": {"min": 2, "max": 32, "target_utilization": "70%"},
        "retention": "7d",
        "max_record_size": "2MiB",
        "encryption": {"key": "alias/orders"},
        "shard_level_metrics": ["IncomingBytes"],
        "consumers": ["billing"],
        "expect_readers": False,
        "alarms": {
            "notify": ["arn:aws:sns:eu-west-1:123456789012:oncall"],
            "iterator_age": "90m",
            "read_success": False,
        },
        "access": {
            "read": ["role/billing"],
            "write": [{"role": "shop", "trust": ["lambda.amazonaws.com"]}],
        },
        "tags": {"team": "shop + co"},
    }


@pytest.mark.parametrize(
    ("label", "answer", "said"),
    [
        (
            "Name",
            "my orders",
            "is not a name of letters, digits, `_`, `.` and `-`; for example orders",
        ),
        ("Region", "Ireland", "is not the code of an AWS region; for example eu-west-1"),
        ("Retention", "12", "is not a number with its unit, h or d, from 24h to 365d"),
    ],
)
def test_a_wrong_answer_is_told_at_its_field(
    label: str, answer: str, said: str, form: Page
) -> None:
    form.get_by_label("Name").fill("orders")
    form.get_by_label(label).fill(answer)
    field = form.get_by_label(label)
    expect(field).to_have_attribute("aria-invalid", "true")
    described = (field.get_attribute("aria-describedby") or "").split()
    expect(form.locator(f"#{described[1]}")).to_contain_text(said)
    expect(form.get_by_role("button", name="Download")).to_be_disabled()
    expect(form.get_by_role("button", name="Copy")).to_be_disabled()


def test_rules_between_fields_are_told_too(form: Page) -> None:
    form.get_by_label("Name").fill("orders")
    pick(form, "Mode", "A number of shards")
    expect(form.locator("#summary")).to_contain_text("provisioned mode needs a number of shards")
    pick(form, "Shards", "A range, which follows the load")
    form.get_by_label("At least").fill("40")
    expect(form.locator("#summary")).to_contain_text("this is more than the most")


def test_what_means_nothing_any_more_is_left_out(form: Page) -> None:
    form.get_by_label("Name").fill("orders")
    pick(form, "Mode", "A number of shards")
    form.get_by_role("group", name="Shards", exact=True).get_by_role("spinbutton").fill("3")
    assert written(form) == {"name": "orders", "mode": "provisioned", "shards": 3}
    pick(form, "Mode", "AWS makes room")
    assert written(form) == {"name": "orders", "mode": "on_demand"}
    form.get_by_role("button", name="Mode: as usual again").click()
    assert written(form) == {"name": "orders"}


def test_the_price_follows_what_is_assumed(form: Page) -> None:
    before = form.locator("#total").text_content()
    form.get_by_text("What is assumed").click()
    form.get_by_label("Records a second").fill("5000")
    expect(form.locator("#total")).not_to_have_text(before or "")


def test_it_can_be_filled_in_by_keyboard_alone(form: Page) -> None:
    for key in ("Tab", *"orders", "Tab", "Tab", "ArrowLeft", "ArrowLeft"):
        form.keyboard.press(key)
    assert written(form) == {"name": "orders", "preset": "production"}
    expect(form.locator(":focus")).to_have_accessible_name("Production")


def test_every_control_has_a_name_and_ids_are_unique(form: Page) -> None:
    pick(form, "Alarms", "Choose, and say where to send them")
    form.get_by_text("Add: a role to create").first.click()
    unnamed = form.evaluate(
        "[...document.querySelectorAll('input, select, button')].filter((one) => "
        "!one.labels?.length && !one.getAttribute('aria-label') && !one.textContent.trim()).length"
    )
    assert unnamed == 0
    ids = form.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_nothing_is_cut_off_on_a_narrow_screen(width: int, form: Page) -> None:
    form.set_viewport_size({"width": width, "height": 800})
    pick(form, "Alarms", "Choose, and say where to send them")
    assert form.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_copy_says_that_it_did(browser: Browser, form_file: Path) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    form = context.new_page()
    form.goto(form_file.as_uri())
    form.get_by_label("Name").fill("orders")
    form.get_by_role("button", name="Copy").click()
    expect(form.locator("#said")).to_have_text(re.compile(r"Copied|Ctrl-C"))
    context.close()


def test_it_loads_nothing_and_allows_nothing(page: Page, form_file: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(form_file.as_uri())
    assert asked == [form_file.as_uri()]
    html = form_file.read_text()
    assert "default-src 'none'" in html
    assert not re.search(r"unsafe-|style=\"|\son[a-z]+=\"|https?://[^\"]*\.(js|css)", html)


def test_it_is_drawn_from_the_schema_alone(page: Page) -> None:
    # Given another schema in the same page
    other = {
        "properties": {
            "zebra": {
                "title": "Stripes",
                "description": "How many.",
                "type": "integer",
                "minimum": 1,
                "x-group": "Animals",
            }
        },
        "required": ["zebra"],
        "x-ascending": [],
        "x-implies": [],
    }
    html = form_page()
    start = html.index(">", html.index('id="schema"')) + 1
    prices = html[html.index('"x-prices"', start) : html.index("</script>", start)]
    prices_of_ours = json.loads("{" + prices)["x-prices"]
    other["x-prices"] = prices_of_ours | {"facts": dict.fromkeys(prices_of_ours["facts"], 0)}
    end = html.index("</script>", start)

    # When it is opened
    page.set_content(html[:start] + json.dumps(other) + html[end:])
    page.get_by_label("Stripes").fill("3")

    # Then that is what it asks for
    expect(page.get_by_role("group", name="Animals")).to_be_visible()
    expect(page.locator("#yaml")).to_contain_text("zebra: 3")
