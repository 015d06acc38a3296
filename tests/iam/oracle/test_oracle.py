"""Generated policies and requests are decided as an independent evaluator decides them.

What the two see differently is left out of what is generated, and stands in
`test_known_differences.py` with the reason. The examples are the same each time.
"""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.strategies import SearchStrategy

from iam.oracle.cases import REQUESTS, Case, cases
from iam.oracle.evaluators import Oracle, ours
from iam.oracle.trust import trust_cases

Cases = SearchStrategy[list[Case]]

WORLDS = {"resources": (cases(), 400), "roles": (trust_cases(), 250)}
TIMES_MORE = 5


@pytest.mark.slow
@pytest.mark.timeout(300)  # the first time, the evaluator is fetched
@pytest.mark.parametrize("world", WORLDS)
def test_both_evaluators_decide_alike(oracle: Oracle, world: str) -> None:
    made, sets_of_policies = WORLDS[world]
    decided = _compare(oracle, made, 1, sets_of_policies)

    # Enough of every decision was among them.
    assert sum(decided.values()) >= sets_of_policies * REQUESTS
    assert min(decided[decision] for decision in ("allowed", "explicitDeny", "implicitDeny")) > 50


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("number", range(2, 5))
def test_both_evaluators_decide_alike_in_many_more_cases(
    oracle: Oracle, world: str, number: int
) -> None:
    made, sets_of_policies = WORLDS[world]
    _compare(oracle, made, number, sets_of_policies * TIMES_MORE)


def _compare(oracle: Oracle, made: Cases, number: int, examples: int) -> Counter[str]:
    decided: Counter[str] = Counter()

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(made)
    def compare(requests: list[Case]) -> None:
        for case in requests:
            decision = ours(case)
            decided[decision] += 1
            assert decision == oracle.decide(case), case

    compare()
    return decided
