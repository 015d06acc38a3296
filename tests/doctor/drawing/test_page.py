"""The page that `shardline doctor --html` writes."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, Request, expect

from doctor_reports import ill, named
from shardline.doctor.diagnosis import diagnose
from shardline.doctor.drawing.page import page_html
from shardline.doctor.gather import Wish
from shardline.testing import running_server
from shardline.testing.clock import ManualClock

pytestmark = pytest.mark.slow

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "</svg></title></pre><b>",
    "\"' onload=alert(1) x='",
    "{{ report }}{% raw %}",
    "--><!-- ]]>",
    "&lt;script&gt;&#x3c;",
)


class Markup(HTMLParser):
    """The markup of a page, and its texts apart from it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.marks: list[object] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.marks.append((tag, sorted(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.marks.append(tag)

    def handle_comment(self, data: str) -> None:
        self.marks.append(("comment", data))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@settings(deadline=None)  # a page takes long on a busy machine
@given(st.text(min_size=1, max_size=60) | st.sampled_from(HOSTILE))
@example(HOSTILE[0])
@example(HOSTILE[4])
def test_no_text_becomes_markup(text: str) -> None:
    # Given a report in which every text that others wrote is this one
    html = page_html(named(text))
    # Then the page has the marks of one with a plain word
    assert Markup(html).marks == Markup(page_html(named("x"))).marks


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_shown_and_not_run(page: Page, tmp_path: Path, text: str) -> None:
    # Given a page full of them; an alert, a load or an error would fail the test
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    _open(page, tmp_path, page_html(named(text)))
    # Then they stand where they belong, letter by letter
    expect(page.locator("h1")).to_contain_text(text)
    assert page.locator(".command").first.text_content() == text
    assert page.title() == f"{text}: ill"
    assert dialogs == []


def test_the_page_needs_nothing_and_runs_nothing() -> None:
    html = page_html(ill())
    assert re.findall(r"(?:src|href|action)=\"([^#][^\"]*)\"", html) == []
    assert "<script" not in html
    assert "@import" not in html
    assert "url(" not in html


def test_what_was_found_is_shown(page: Page, tmp_path: Path) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    _open(page, tmp_path, page_html(ill()))
    # Then the verdicts, the evidence, the remedy and the charts are there
    expect(page.locator("h1")).to_contain_text("✕ ill")
    expect(page.locator("nav a")).to_have_count(4)
    latency = page.get_by_role("region", name="High latency")
    expect(latency.get_by_role("heading", level=3)).to_have_count(2)
    expect(latency.locator(".evidence td").first).to_have_text("peak 3.6 MiB/s of 3.0 MiB/s")
    expect(latency.get_by_role("img", name="IncomingBytes")).to_be_visible()
    assert latency.locator("svg.chart").count() == 4
    expect(page.get_by_role("img", name="Shards by their hash keys")).to_be_visible()
    # And nothing but the file was asked for
    assert [request.url.partition(":")[0] for request in asked] == ["file"]


def test_a_click_selects_a_command(page: Page, tmp_path: Path) -> None:
    _open(page, tmp_path, page_html(ill()))
    page.locator(".command:visible").first.click()
    selected = page.evaluate("getSelection().toString()")
    assert selected.startswith("aws kinesis update-shard-count --stream-name orders")
    assert selected.endswith("UNIFORM_SCALING")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("words", ["orders", "a" * 128])
def test_it_fits_every_width(page: Page, tmp_path: Path, width: int, words: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    _open(page, tmp_path, page_html(named(words)))
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_it_is_light_or_dark_as_the_reader_likes_and_light_on_paper(
    page: Page, tmp_path: Path
) -> None:
    _open(page, tmp_path, page_html(ill()))
    seen = []
    for media, scheme in (("screen", "light"), ("screen", "dark"), ("print", "dark")):
        page.emulate_media(media=media, color_scheme=scheme)  # type: ignore[arg-type]
        seen.append(
            page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
        )
    light, dark, paper = seen
    assert light == paper == "rgb(255, 255, 255)"
    assert dark != light


def test_commands_that_are_folded_in_are_printed(page: Page, tmp_path: Path) -> None:
    _open(page, tmp_path, page_html(ill()))
    folded = page.locator("details .command").first
    assert folded.bounding_box() is None or not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.is_visible()


def test_a_report_of_nothing_is_a_page() -> None:
    report = replace(ill(), sections=(), shards=(), fixed=(), heading={}, arn="", endpoint=None)
    html = page_html(report)
    assert "AWS" in html
    assert "<svg" not in html


def _open(page: Page, folder: Path, html: str) -> None:
    file = folder / "page.html"
    file.write_text(html, encoding="utf-8")
    page.goto(file.as_uri())


def test_the_page_of_a_running_server(page: Page, tmp_path: Path) -> None:
    # Given a stream with two shards that have become four, and an hour's traffic
    with running_server(clock=ManualClock(1_769_594_405_000)) as server:
        kinesis = server.client()
        kinesis.create_stream(StreamName="orders", ShardCount=2)
        server.clock.advance(minutes=1)
        kinesis.update_shard_count(
            StreamName="orders", TargetShardCount=4, ScalingType="UNIFORM_SCALING"
        )
        for number in range(20):
            server.clock.advance(minutes=1)
            kinesis.put_record(StreamName="orders", PartitionKey=f"{number}", Data=b"x" * 1000)
        server.clock.advance(minutes=2)
        now_s = server.clock.now_ms() // 1000
        wish = Wish(stream="orders", since_s=now_s - 3600, now_s=now_s, endpoint=server.endpoint)
        # When doctor has looked at it
        report = diagnose(server.client, wish)
    # Then the page has its sections, its load and the lineage of its shards
    _open(page, tmp_path, page_html(report))
    expect(page.locator("nav a")).to_have_count(5)
    expect(page.get_by_role("img", name="IncomingBytes").first).to_be_visible()
    boxes = page.locator("svg.shards rect")
    expect(boxes).to_have_count(6)
    tops = [box["y"] for each in boxes.all() if (box := each.bounding_box())]
    assert len(set(tops)) == 2
