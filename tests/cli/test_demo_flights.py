"""The flights that the demo sends."""

import importlib.util
import zipfile
from pathlib import Path

import pytest

from shardline.cli import Failure
from shardline.cli.demo.flights import flights, flights_file

ROWS = """\
year,dep_time,carrier,flight,tailnum,origin,time_hour
2013,517,UA,1545,N14228,EWR,2013-01-01T10:00:00Z
2013,NA,9E,3456,NA,JFK,2013-01-02T20:00:00Z
"""


def test_a_row_becomes_json_keyed_by_aeroplane(tmp_path: Path) -> None:
    # Given a file with a flight, and one that was cancelled before it had an aeroplane
    path = tmp_path / "flights.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("flights.csv", ROWS)
    # When they are read, then numbers are numbers, and what is not known is null
    assert list(flights(path)) == [
        (
            "N14228",
            b'{"id":0,"year":2013,"dep_time":517,"carrier":"UA","flight":1545,'
            b'"tailnum":"N14228","origin":"EWR","time_hour":"2013-01-01T10:00:00Z"}',
        ),
        (
            "9E3456",
            b'{"id":1,"year":2013,"dep_time":null,"carrier":"9E","flight":3456,'
            b'"tailnum":null,"origin":"JFK","time_hour":"2013-01-02T20:00:00Z"}',
        ),
    ]


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Failure, match=r"shardline\[examples\]"):
        flights_file()
