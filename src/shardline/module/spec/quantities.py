"""Numbers with their unit, as `stream.yaml` has them: `24h`, `1024KiB`, `60%`.

A bare number is refused everywhere: whether 24 means hours or days, and whether 0.75 is a share or
a percentage, has cost others hours of looking.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from shardline.module.spec.ranges import range_pattern

NAMES = {"m": "minutes", "h": "hours", "d": "days"}
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)([A-Za-z%]+)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a field's quantity may be.

    `units` says for each unit how many of the base unit it is; the first is the one to show.
    `least` and `most` are in the base unit. `places` is how many decimals may be written.
    """

    units: Mapping[str, int]
    base: str
    least: Fraction
    most: Fraction
    examples: tuple[str, ...]
    places: int = 0

    def parse(self, text: str) -> Fraction:
        """How many of the base unit `text` means. Raises ValueError, whose text says why."""
        found = _AMOUNT.fullmatch(text)
        if found is None or found[2] not in self.units:
            raise ValueError(f"{text!r} is not {self.kind()}")
        if len(found[1].partition(".")[2]) > self.places:
            raise ValueError(f"{text!r} has too many decimals")
        amount = Fraction(found[1]) * self.units[found[2]]
        if not self.least <= amount <= self.most:
            raise ValueError(f"{text!r} is outside {self.span()}")
        if not re.fullmatch(self.pattern(), text):
            raise ValueError(f"{text!r} is not written plainly")
        return amount

    def write(self, amount: Fraction) -> str:
        """The shortest text that means `amount`, in whole numbers of the largest unit that fits."""
        for unit, factor in sorted(self.units.items(), key=lambda pair: -pair[1]):
            if (amount / factor).denominator == 1:
                return f"{amount / factor}{unit}"
        unit, factor = next(iter(self.units.items()))
        return f"{float(amount / factor):g}{unit}"

    def kind(self) -> str:
        """What it is, in words: `a number with its unit, h or d`."""
        return f"a number with its unit, {' or '.join(self.units)}"

    def span(self) -> str:
        """The bounds, as they are written: `24h to 365d`."""
        unit, factor = next(iter(self.units.items()))
        return f"{float(self.least / factor):g}{unit} to {self.write(self.most)}"

    def pattern(self) -> str:
        """A regular expression of exactly the texts that are right."""
        return f"^(?:{'|'.join(self._of_unit(unit) for unit in self.units)})$"

    def _of_unit(self, unit: str) -> str:
        factor = self.units[unit]
        least = -(-self.least // factor)
        most = self.most // factor
        if not self.places:
            return range_pattern(int(least), int(most)) + unit
        # The least lies below 1 and the most is whole, so that each part is a plain pattern.
        decimals = f"(?:\\.[0-9]{{1,{self.places}}})?"
        smallest = f"0\\.(?=[0-9]*[1-9])[0-9]{{1,{self.places}}}"
        whole = f"{range_pattern(1, int(most) - 1)}{decimals}"
        return f"(?:{smallest}|{whole}|{int(most)}(?:\\.0{{1,{self.places}}})?){unit}"

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema; `x-quantity` says the same as the pattern for whoever draws a form."""
        return {
            "type": "string",
            "pattern": self.pattern(),
            "examples": list(self.examples),
            "x-kind": f"{self.kind()}, from {self.span()}",
            "x-quantity": {
                "units": dict(self.units),
                "names": {unit: NAMES[unit] for unit in self.units if unit in NAMES},
                "base": self.base,
                "least": float(self.least),
                "most": float(self.most),
                "places": self.places,
            },
        }


def _whole(
    units: Mapping[str, int], base: str, least: int, most: int, *examples: str, places: int = 0
) -> Quantity:
    lowest = Fraction(least) if not places else Fraction(1, 10**places)
    return Quantity(units, base, lowest, Fraction(most), examples, places)


_HOURS = {"h": 60, "d": 1440}
_MINUTES = {"m": 1} | _HOURS

RETENTION = _whole(_HOURS, "minutes", 24 * 60, 8760 * 60, "24h", "7d", "365d")
RECORD_SIZE = _whole({"KiB": 1, "MiB": 1024}, "KiB", 1024, 10240, "1MiB", "10MiB")
LAG = _whole(_MINUTES, "minutes", 1, 8760 * 60, "30m", "12h")
TARGET = _whole({"%": 1}, "percent", 20, 90, "60%")
UTILIZATION = _whole({"%": 1}, "percent", 1, 100, "80%")
SHARE = _whole({"%": 1}, "percent", 0, 100, "1%", "99%", "0.1%", places=2)
