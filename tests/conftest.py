"""How every test runs."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings


# Here, so that all tests of a run share one server; without a test that asks, none is started.
from real_postgres import database, postgres

__all__ = ["database", "postgres"]

# In CI the examples are the same each time: what it says of a change depends on the change alone.
# Elsewhere they are new each time, which is where new faults are found. How long an example takes
# says more of the machine than of the code: no test is timed.
settings.register_profile("ci", derandomize=True, print_blob=True, deadline=None)
settings.register_profile("elsewhere", deadline=None)
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


def pytest_addoption(parser: pytest.Parser) -> None:
    """What serves the tests of the Kinesis API; `tests/test_many_nodes.py` gives the others."""
    parser.addoption("--nodes", default="memory", help="what serves the API tests")
