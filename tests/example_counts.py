"""How many examples hypothesis makes up: all in CI, and a tenth in `scripts/test quick`.

The latter asks for hypothesis' profile `quick`, and what share of the examples that makes up of a
test that does not say how many is the share of every test.
"""

from hypothesis import settings

WHOLE = 100  # for a test that does not say
QUICK = 10


def examples(number: int) -> int:
    """`number`, or in a quick run a tenth of it; at least one."""
    return max(1, number * settings().max_examples // WHOLE)
