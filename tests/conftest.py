"""How every test runs."""

import gc
import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import settings

from example_counts import QUICK, WHOLE

# Here, so that all tests of a run share one server; without a test that asks, none is started.
from real_postgres import database, postgres

__all__ = ["database", "postgres"]

# In CI the examples are the same each time: what it says of a change depends on the change alone.
# Elsewhere they are new each time, which is where new faults are found. How long an example takes
# says more of the machine than of the code: no test is timed.
settings.register_profile(
    "ci", derandomize=True, print_blob=True, deadline=None, max_examples=WHOLE
)
settings.register_profile("elsewhere", deadline=None, max_examples=WHOLE)
settings.register_profile("quick", deadline=None, max_examples=QUICK)
settings.load_profile("ci" if os.environ.get("CI") else "elsewhere")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected lives to the end: to look through it again and again finds no garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test of `one_in(n)`, each n-th case from the first on is quick."""
    cases: Counter[str] = Counter()
    for item in items:
        if mark := item.get_closest_marker("one_in"):
            test = item.nodeid.partition("[")[0]
            if cases[test] % mark.args[0]:
                item.add_marker(pytest.mark.slow)
            cases[test] += 1


def pytest_addoption(parser: pytest.Parser) -> None:
    """What serves the tests of the Kinesis API; `tests/test_many_nodes.py` gives the others."""
    parser.addoption("--nodes", default="memory", help="what serves the API tests")
