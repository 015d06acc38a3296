"""Metric math, by the examples of AWS's page "Using math expressions with CloudWatch metrics"."""

import math
from typing import Any

import pytest

from shardline.cloudwatch.checks import VALIDATION, Checks
from shardline.cloudwatch.computing import evaluated
from shardline.cloudwatch.math.functions import FUNCTIONS
from shardline.cloudwatch.math.parsing import parse
from shardline.cloudwatch.math.values import MathError, Series
from shardline.cloudwatch.queries import queries_of
from shardline.gateway.errors import ServiceError

START_S = 1_700_000_040  # Tuesday, 14 November 2023, 22:14 UTC
_ = None

Points = list[float | None]


def compute(expression: str, period_s: int = 60, **metrics: Points) -> Any:
    """What an expression comes to at each period; None where there is nothing."""
    periods = max(map(len, metrics.values()), default=5)
    end_s = START_S + periods * period_s
    members: list[dict[str, Any]] = [a_metric(id_, period_s) for id_ in metrics]
    members.append({"Id": "result", "Expression": expression, "ReturnData": False})
    checks = Checks(VALIDATION)
    queries = queries_of(checks, "Q", "0", "r", members, ("Count",))
    checks.raise_any()
    series = {
        id_: Series(
            id_,
            period_s,
            {START_S + n * period_s: float(v) for n, v in enumerate(values) if v is not None},
        )
        for id_, values in metrics.items()
    }
    value = evaluated(queries, series, {}, START_S, end_s)["result"]

    def shown(series: Series) -> Points:
        return [series.points.get(START_S + n * period_s) for n in range(periods)]

    if isinstance(value, list):
        return [shown(series) for series in value]
    return shown(value) if isinstance(value, Series) else value


def a_metric(id_: str, period_s: int = 60) -> dict[str, Any]:
    metric = {"Namespace": "App", "MetricName": id_}
    stat = {"Metric": metric, "Period": period_s, "Stat": "Sum"}
    return {"Id": id_, "MetricStat": stat}


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("metric1 < metric2", [0, 0, 1, 0]),
        ("metric1 >= 30", [1, 0, 0, 0]),
        ("metric1 > 15 AND metric2 > 15", [1, 0, 0, 0]),
        ("metric1 > 15 && metric2 > 15", [1, 0, 0, 0]),
        ("metric1 > 25 OR metric2 > 15", [1, 0, 1, 0]),
        ("metric1 > 25 || metric2 > 15", [1, 0, 1, 0]),
    ],
)
def test_the_examples_of_operators(expression: str, result: Points) -> None:
    assert compute(expression, metric1=[30, 20, 0, 0], metric2=[20, _, 20, _]) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("IF(metric1, metric2, metric3)", [30, 0, 20, _, _]),
        ("IF(metric1, 5, metric3)", [5, 5, 20, _, _]),
        ("IF(metric1, metric2, 5)", [30, 0, 5, 5, _]),
        ("IF(metric1, metric2)", [30, 0, _, _, _]),
        ("IF(1, metric2, metric3)", [30, _, 0, 0, 30]),
        ("IF(0, metric2, metric3)", [0, 0, 20, _, 20]),
        ("IF(0, metric2)", [_, _, _, _, _]),
        ("IF(SUM(metric1) > 1, 7, metric3)", [7, 7, 7, 7, 7]),
        ("IF(metric2 < 20, 10, 2)", [2, _, 10, 10, 2]),
        ("IF(metric2 < 20, metric2)", [_, _, 0, 0, _]),
    ],
)
def test_the_examples_of_if(expression: str, result: Points) -> None:
    series: dict[str, Points] = {
        "metric1": [1, 1, 0, 0, _],
        "metric2": [30, _, 0, 0, 30],
        "metric3": [0, 0, 20, _, 20],
    }
    assert compute(expression, **series) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("PERIOD(m1)/60", 1),
        ("5 * m1", [5, 10, _, 20]),
        ("m1 - m2", [1, -2, -1, 4]),
        ("m1 / m2", [_, 0.5, 0, _]),
        ("SUM(100/[m1, m2])", [100, 75, 100, 25]),
        ("AVG([m1,m2]/m2)", [_, 0.75, 0.5, _]),
        ("METRICS()*100", [[100, 200, _, 400], [0, 400, 100, _]]),
        ("-5*m1", [-5, -10, _, -20]),
        ("SUM(-[m1, m2])", [-1, -6, -1, -4]),
        ("m1^2", [1, 4, _, 16]),
        ("2^3^2 + m1 * 0", [512, 512, _, 512]),
        ("-2^2", -4),
        ("1 + 2 * 3 - 4 / 2", 5),
        ("(1 + 2) * 3", 9),
        ("1 < 2", 1),
        ("1 == 1 AND 2 != 2", 0),
        ("ABS(m2 - m1)", [1, 2, 1, 4]),
        ("CEIL(m1 / 3)", [1, 1, _, 2]),
        ("FLOOR(m1 / 3)", [0, 0, _, 1]),
        ("LOG10(m2 * 25)", [_, 2, pytest.approx(math.log10(25)), _]),
        ("LOG(m1)", [0, pytest.approx(math.log(2)), _, pytest.approx(math.log(4))]),
        ("MAX(m1)/m1", [4, 2, _, 1]),
        ("MIN(m1)", 1),
        ("MIN(METRICS())", [0, 2, 1, 4]),
        ("MAX(METRICS())", [1, 4, 1, 4]),
        ("AVG(m1)", 7 / 4),
        ("SUM(m1) / DATAPOINT_COUNT(m1)", pytest.approx(7 / 3)),
        ("DATAPOINT_COUNT(METRICS())", [2, 2, 1, 1]),
        ("AVG(METRICS())", [0.5, 3, 0.5, 2]),
        ("STDDEV(m2)", pytest.approx(math.sqrt(26 / 9))),
        ("STDDEV(METRICS())", [0.5, 1, 0, 0]),
        ("m1/METRIC_COUNT(METRICS())", [0.5, 1, _, 2]),
        ("SUM(METRICS(\"m1\")) / SUM(METRICS('2'))", [_, 0.5, 0, _]),
        ("SUM([METRICS(“1”), METRICS(“2”)])", [1, 6, 1, 4]),
        ("SUM(METRICS(\"none\"))", [_, _, _, _]),
        ("DIFF(m1)", [_, 1, _, 2]),
        ("DIFF_TIME(m1)", [_, 60, _, 120]),
        ("RATE(m1)", [_, 1 / 60, _, 2 / 120]),
        ("RATE(METRICS())", [[_, 1 / 60, _, 2 / 120], [_, 4 / 60, -3 / 60, _]]),
        ("RUNNING_SUM(m1)", [1, 3, _, 7]),
        ("FILL(m1, 10)", [1, 2, 10, 4]),
        ("FILL(m1, REPEAT)", [1, 2, 2, 4]),
        ("FILL(m1, LINEAR)", [1, 2, 3, 4]),
        ("FILL(DIFF(m1), REPEAT)", [_, 1, 1, 2]),
        ("FILL(METRICS(), m1)", [[1, 2, _, 4], [0, 4, 1, 4]]),
        ("FILL(m1, MIN(m1))", [1, 2, 1, 4]),
        ("FILL(METRICS(), LINEAR)", [[1, 2, 3, 4], [0, 4, 1, _]]),
        ("REMOVE_EMPTY([m1, m1 / 0])", [[1, 2, _, 4]]),
        ("SORT(METRICS(), SUM, DESC)", [[1, 2, _, 4], [0, 4, 1, _]]),
        ("SORT(METRICS(), SUM, ASC)", [[0, 4, 1, _], [1, 2, _, 4]]),
        ("SORT(METRICS(), MIN, DESC, 1)", [[1, 2, _, 4]]),
        ("SORT([m1 / 0, m1], AVG, DESC)", [[_, _, _, _], [1, 2, _, 4]][::-1]),
        ("SLICE(METRICS(), 1)", [[0, 4, 1, _]]),
        ("SLICE(METRICS(), 0, 1)", [[1, 2, _, 4]]),
        ("SLICE(METRICS(), 0 - 5, 1 / 0)", []),
        ("SLICE(METRICS(), 0, 1e999)", [[1, 2, _, 4], [0, 4, 1, _]]),
        ("FIRST(SORT(METRICS(), AVG, ASC)) > 2", [0, 1, 0, _]),
        ("LAST(METRICS())", [0, 4, 1, _]),
        ("FIRST(METRICS('none'))", [_, _, _, _]),
        ("TIME_SERIES(MAX(m1))", [4, 4, 4, 4]),
        ("TIME_SERIES(5 * AVG(m1))", [8.75] * 4),
        ("TIME_SERIES(1 / 0)", [_, _, _, _]),
        ("MINUTE(m1)", [14, 15, 16, 17]),
        ("HOUR(m1)", [22] * 4),
        ("DAY(m1)", [2] * 4),
        ("DATE(m1)", [14] * 4),
        ("MONTH(m1)", [11] * 4),
        ("YEAR(m1)", [2023] * 4),
        ("EPOCH(m1)", [START_S + 60 * n for n in range(4)]),
        ("IF(DAY(m1) < 6, m1)", [1, 2, 0, 4]),
        ("m1 * 1e300 * 1e300", [_, _, _, _]),
        ("(0 - m1) ^ 0.5", [_, _, _, _]),
        ("m2 ^ -1", [_, 0.25, 1, _]),
        ("m1 > 1 / 0", [_, _, _, _]),
    ],
)  # fmt: skip
def test_what_expressions_come_to(expression: str, result: Any) -> None:
    assert compute(expression, m1=[1, 2, _, 4], m2=[0, 4, 1, _]) == result


def test_every_function_has_an_example() -> None:
    assert test_what_expressions_come_to.pytestmark  # type: ignore[attr-defined]
    (mark,) = test_what_expressions_come_to.pytestmark  # type: ignore[attr-defined]
    tried = " ".join(expression for expression, _result in mark.args[1])
    missing = [name for name in FUNCTIONS if f"{name}(" not in tried and name != "SEARCH"]
    assert missing == []


def refusal(*members: dict[str, Any]) -> str:
    checks = Checks(VALIDATION)
    queries_of(checks, "Q", "0", "r", members, ("Count",))
    with pytest.raises(ServiceError) as refused:
        checks.raise_any()
    assert refused.value.code == "ValidationError"
    return str(refused.value.message)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", None),
        ("m1 +", "Unexpected end of expression"),
        ("m1 m1", "Unexpected 'm1'"),
        ("m1 + * 2", "Unexpected '*'"),
        ("m1 # 2", "Unexpected character '#'"),
        ("(m1", "Unexpected end of expression"),
        ("[m1, 2]", "an array may hold time series only, not a scalar"),
        ("m1 + AND", "Unexpected 'AND'"),
        ("m1 + \"text\"", "Unexpected 'text'"),
        ("REPEAT", "Unexpected 'REPEAT'"),
        ("m2 + 1", "Unknown identifier 'm2'"),
        ("sum(m1)", "Unknown function 'sum'"),
        ("SERVICE_QUOTA(m1)", "the function SERVICE_QUOTA is not built in Shardline"),
        ("SEARCH('', 'Sum')", "a search needs a schema or a term"),
        ("SEARCH('a', 'Most')", "'Most' is not a valid statistic"),
        ("SEARCH('a', 'Sum', 90)",
         "the period of a SEARCH must be a number of seconds that is a period"),
        ("SEARCH('a', 'Sum', PERIOD(m1))",
         "the period of a SEARCH must be a number of seconds that is a period"),
        ("SEARCH(m1)", "the function SEARCH does not take (TS); it is (text, text -> TS[]) or "
         "(text, text, S -> TS[])"),
        ("5", "the result must be a time series or an array of them, not a scalar"),
        ("AVG(m1)", "the result must be a time series or an array of them, not a scalar"),
        ("METRICS() + METRICS()", "Unsupported operand types for +: 'TS[]' and 'TS[]'"),
        ("ABS(5)", "the function ABS does not take (S); it is (TS -> TS) or (TS[] -> TS[])"),
        ("m1 / PERIOD(m1 + 1)",
         "the function PERIOD takes a metric, not the result of an expression"),
        ("METRIC_COUNT(m1)", "the function METRIC_COUNT does not take (TS); it is (TS[] -> S)"),
        ("FIRST(m1)", "the function FIRST does not take (TS); it is (TS[] -> TS)"),
        ("(" * 60 + "m1" + ")" * 60, "nested more than 50 deep"),
        ("-" * 60 + "m1", "nested more than 50 deep"),
        ("e1 + 1", "it refers to itself"),
    ],
)  # fmt: skip
def test_what_is_refused(expression: str, reason: str | None) -> None:
    wanted = f"Error in expression 'e1': {reason}"
    if reason is None:
        wanted = "The parameter Q.member.2.Expression is required."
    assert refusal(a_metric("m1"), {"Id": "e1", "Expression": expression}) == wanted


def test_a_long_sum_is_no_deep_nesting() -> None:
    assert compute("+".join(["m1"] * 600), m1=[1]) == [600]


def test_expressions_refer_to_others_in_any_order() -> None:
    # Given 300 expressions, each of which refers to the next
    members = [{"Id": f"e{n}", "Expression": f"e{n + 1} + 1"} for n in range(300)]
    members.append({"Id": "e300", "Expression": "m1 * 2"})
    checks = Checks(VALIDATION)
    queries = queries_of(checks, "Q", "0", "r", [*members, a_metric("m1")], ("Count",))
    checks.raise_any()
    # Then the last is computed first
    values = evaluated(queries, {"m1": Series("m1", 60, {0: 1.0})}, {}, 0, 60)
    assert values["e0"] == Series("m1", 60, {0: 302.0})


def test_work_is_bounded() -> None:
    array = "[" + ",".join(["METRICS()"] * 180) + "]"
    with pytest.raises(MathError, match="more than 500 time series"):
        compute(f"SUM({array})", m1=[1], m2=[2], m3=[3])
    with pytest.raises(MathError, match="too many datapoints"):
        compute("+".join(["m1"] * 600), m1=[1.0] * 10_000)


def test_expressions_are_bounded_together() -> None:
    members = [{"Id": f"e{n}", "Expression": "m1" + "+m1" * 600} for n in range(60)]
    assert refusal(a_metric("m1"), *members) == (
        "The expressions of Q must not have more than 100000 characters together."
    )


def test_numbers_are_read_as_they_are_written() -> None:
    assert compute("0.5 + .5 + 1. + 1e1 + 1E-1") == pytest.approx(12.1)
    with pytest.raises(MathError):
        parse("1.2.3")
