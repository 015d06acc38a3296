"""60 days of the loads that on-demand mode is shown with, and the picture of it."""

from functools import cache

import pytest
from on_demand_picture import panel
from on_demand_simulation import Run
from scaling_picture import IMAGE, runs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
NAMES = ("flights", "step", "spike")


@cache
def all_runs() -> dict[str, Run]:
    return {run.name: run for run in runs()}


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_is_of_this_run(name: str) -> None:
    assert panel(all_runs()[name]) in IMAGE.read_text()


def test_the_figures_of_the_page_are_so() -> None:
    refused = {name: sum(map(bool, run.refused)) for name, run in all_runs().items()}
    flights, step, spike = (all_runs()[name] for name in NAMES)

    # Flights: never too small, and no more than the two ways of each day
    assert refused["flights"] == 0
    assert max(flights.offered) == 4.15
    assert max(flights.shards) == 7
    assert sum(flights.shards) / len(flights.shards) < 5.5
    # The step is caught up with; the spike is answered too late, and its shards stay
    assert (refused["step"], max(step.shards), step.shards[-1]) == (17, 10, 3)
    assert (refused["spike"], len(spike.reshards), spike.shards[-1]) == (10, 1, 7)
