"""What CloudWatch refuses in a call, in words of its own. Pure.

All that is wrong is told at once, a sentence to a line, under the code of the first.

Sources of the sentences: answers of AWS quoted in public issues (cloud-custodian 2559, collectd's
plugin 46, prometheus-to-cloudwatch 14, aws-sdk-java-v2 3080) and recorded by LocalStack's tests;
the rest as Eucalyptus's imitation has them. Those marked "ours" are known from nowhere.
"""

import math
from collections.abc import Collection, Sequence

from shardline.gateway.errors import ServiceError

MOST_SENTENCES = 100  # so that an answer stays bounded
LIMIT = 2.0**360
"""Numbers lie between this and its negative."""

VALUE, MISSING, COMBINATION = (
    "InvalidParameterValue",
    "MissingParameter",
    "InvalidParameterCombination",
)
VALIDATION = "ValidationError"
"""The one code that newer operations have for all of it."""


class Checks:
    """Collects what is wrong with a call. `code` is for operations that have but one."""

    def __init__(self, code: str | None = None) -> None:
        self._code = code
        self._faults: list[tuple[str, str]] = []

    @property
    def has_faults(self) -> bool:
        """Whether anything was wrong so far."""
        return bool(self._faults)

    def refuse(self, code: str, sentence: str) -> None:
        """Note a fault."""
        if len(self._faults) < MOST_SENTENCES:
            self._faults.append((self._code or code, sentence))

    def raise_any(self) -> None:
        """Raise `ServiceError` if anything was wrong."""
        if self._faults:
            code = self._faults[0][0]
            raise ServiceError(code, "\n".join(text for kind, text in self._faults if kind == code))

    def required(self, value: object, name: str) -> bool:
        """Whether there is a value, which may not be empty."""
        if value is None or value == "" or value == []:
            self.refuse(MISSING, f"The parameter {name} is required.")
            return False
        return True

    def ascii_text(self, value: str, name: str, longest: int) -> None:
        """Hold a name to ASCII without control characters (that sentence is ours), and a length."""
        if not value.isascii():
            self.refuse(VALUE, f"The value for parameter {name} contains non-ASCII characters.")
        elif not value.isprintable():
            self.refuse(VALUE, f"The value for parameter {name} contains control characters.")
        self.length(value, name, longest)

    def length(self, value: str, name: str, longest: int) -> None:
        """Hold a text to a length."""
        if len(value) > longest:
            self.refuse(
                VALUE, f"The parameter {name} must be shorter than {longest + 1} characters."
            )

    def size(self, value: Sequence[object], name: str, most: int) -> bool:
        """Whether a list has at most so many members."""
        if len(value) > most:
            self.refuse(VALUE, f"The collection {name} must not have a size greater than {most}.")
            return False
        return True

    def one_of(self, value: object, name: str, allowed: Collection[object]) -> None:
        """Hold a value to a set."""
        if value not in allowed:
            shown = ", ".join(map(str, allowed))
            self.refuse(VALUE, f"The parameter {name} must be a value in the set [ {shown} ].")

    def number(self, value: float | None, name: str, least: float = -LIMIT) -> None:
        """Hold a number to CloudWatch's range, which leaves out infinities and not-a-number."""
        if value is None:
            self.refuse(MISSING, f"The parameter {name} is required.")
        elif not least <= value <= LIMIT:
            self.bad_value(shown(value), name)

    def bad_value(self, value: str, name: str) -> None:
        """Refuse a value that has no fault with a sentence of its own."""
        self.refuse(VALUE, f"The value {value} for parameter {name} is invalid.")


def shown(value: float) -> str:
    """A number as Java prints it, if it is a special one."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)
