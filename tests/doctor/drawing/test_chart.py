"""The charts and the map of shards, as SVG."""

import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from doctor_reports import shard
from shardline.doctor.drawing.chart import HEIGHT, WIDTH, chart_svg, described
from shardline.doctor.drawing.shard_map import HASH_KEYS
from shardline.doctor.drawing.shard_svg import shards_svg
from shardline.doctor.findings import Series

START_S = 1_769_594_400
SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def parsed(svg: str) -> ET.Element:
    """The picture as XML; a page needs no namespace, a parser of XML does."""
    return ET.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def texts(picture: ET.Element) -> list[str]:
    return [each.text or "" for each in picture.iter(f"{SVG}text")]


def test_a_chart_has_a_title_words_axes_and_its_limit() -> None:
    # Given three minutes of bytes, and a limit near to them
    mib = 1024.0**2
    series = Series("bytes in", "bytes", START_S, 60, [60 * mib, None, 120 * mib], 240 * mib)
    # When they are drawn
    picture = parsed(chart_svg(series, "a"))
    # Then it is by the second, and said in words
    assert picture.findtext(f"{SVG}title") == "bytes in"
    assert picture.findtext(f"{SVG}desc") == (
        "Latest 2 MiB/s, mean 1.5 MiB/s, highest 2 MiB/s, limit 4 MiB/s."
    )
    assert {"MiB/s", "0", "4", "10:00 UTC", "limit 4 MiB/s"} <= set(texts(picture))
    # And the gap parts the two values, which stand as dots
    assert len(list(picture.iter(f"{SVG}circle"))) == 2
    assert "stroke-dasharray" in chart_svg(series, "a")


def test_a_limit_far_above_does_not_flatten_the_values() -> None:
    series = Series("records in", "records", START_S, 60, [60.0, 120.0], 60_000.0)
    picture = chart_svg(series, "a")
    assert "limit 1k/s ↑" in picture
    assert "stroke-dasharray" not in picture
    assert "<polyline" in picture


def test_a_long_name_leaves_room_for_the_unit() -> None:
    name = "SubscribeToShardEvent.MillisBehindLatest of-a-consumer-with-a-long-name"
    picture = parsed(chart_svg(Series(name, "milliseconds", START_S, 60, [5.0], 86_400_000), "a"))
    shown, unit, limit, *_ = texts(picture)
    assert (unit, limit) == ("ms", "limit 1 d ↑")
    assert shown.endswith("…")
    assert len(shown) < 45
    assert picture.findtext(f"{SVG}title") == name


def test_no_data_is_said() -> None:
    series = Series("latency", "milliseconds", START_S, 60, [None, None])
    assert "no data" in texts(parsed(chart_svg(series, "a")))
    assert described(series) == "No data."


@given(
    st.text(max_size=40),
    st.sampled_from(["bytes", "records", "milliseconds", "share", "count", "shards"]),
    st.lists(st.none() | st.floats(), max_size=400),
    st.none() | st.floats(),
    st.sampled_from([1, 60, 3600, 86_400]),
)
def test_any_series_is_a_picture_inside_its_frame(name, unit, values, limit, step) -> None:  # type: ignore[no-untyped-def]
    series = Series(name, unit, START_S, step, values, limit)
    svg = chart_svg(series, "a")
    assert "nan" not in svg.replace(name, "")
    for points in re.findall(r'points="([^"]+)"', svg):
        numbers = [float(each) for each in NUMBER.findall(points)]
        assert all(-1 <= x <= WIDTH for x in numbers[::2])
        assert all(-1 <= y <= HEIGHT for y in numbers[1::2])


def test_the_map_has_a_box_for_each_shard_in_its_generation() -> None:
    # Given a whole that was split, one half of it once more
    half, quarter = HASH_KEYS // 2, HASH_KEYS // 4
    shards = [
        shard(0, 0, HASH_KEYS, closed=True),
        shard(1, 0, half, 0),
        shard(2, half, HASH_KEYS, 0, closed=True),
        shard(3, half, half + quarter, 2),
        shard(4, half + quarter, HASH_KEYS, 2),
    ]
    # When they are drawn
    picture = parsed(shards_svg(shards, "map"))
    # Then the open half reaches the bottom, as its cousins do
    boxes = [
        tuple(float(rect.attrib[each]) for each in ("y", "height"))
        for rect in picture.iter(f"{SVG}rect")
    ]
    assert boxes == [(1, 28), (31, 58), (31, 28), (61, 28), (61, 28)]
    assert texts(picture) == ["0", "1", "2", "3", "4"]
    assert picture.findtext(f"{SVG}desc") == "3 open, 2 closed."


def test_of_very_many_shards_the_open_ones_are_drawn() -> None:
    width = HASH_KEYS // 1500
    shards = [shard(n, n * width, (n + 1) * width, closed=True) for n in range(1500)]
    shards += [shard(1500 + n, n * width, (n + 1) * width, n) for n in range(1500)]
    assert len(list(parsed(shards_svg(shards, "map")).iter(f"{SVG}rect"))) == 1500


def test_no_shards_are_no_picture() -> None:
    assert shards_svg([], "map") == ""
