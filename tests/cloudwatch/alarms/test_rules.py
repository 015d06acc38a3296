"""The rules of composite alarms: AWS's examples, what cannot be read, and a second reading."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch.alarms.samples import MINUTE_MS, an_alarm
from shardline.cloudwatch.alarms import composites
from shardline.cloudwatch.alarms.rules import Is, RuleError, children, holds, parse
from shardline.storage.alarm_entities import Alarm, State

STATES: list[State] = ["OK", "ALARM", "INSUFFICIENT_DATA"]


@pytest.mark.parametrize(
    ("rule", "alarmed", "value"),
    [
        # AWS's examples, of its documentation of PutCompositeAlarm
        ("ALARM(CPUUtilizationTooHigh) AND ALARM(DiskReadOpsTooHigh)", "CD", True),
        ("ALARM(CPUUtilizationTooHigh) AND ALARM(DiskReadOpsTooHigh)", "C", False),
        ("ALARM(CPUUtilizationTooHigh) AND NOT ALARM(DeploymentInProgress)", "C", True),
        ("ALARM(CPUUtilizationTooHigh) AND NOT ALARM(DeploymentInProgress)", "CD", False),
        (
            "(ALARM(CPUUtilizationTooHigh) OR ALARM(DiskReadOpsTooHigh)) AND OK(NetworkOutTooHigh)",
            "D",
            True,
        ),
        (
            "(ALARM(CPUUtilizationTooHigh) OR ALARM(DiskReadOpsTooHigh)) AND OK(NetworkOutTooHigh)",
            "DN",
            False,
        ),
        ("TRUE", "", True),
        ("FALSE", "", False),
        # NOT binds before AND, AND before OR
        ("TRUE OR TRUE AND FALSE", "", True),
        ("(TRUE OR TRUE) AND FALSE", "", False),
        ("NOT FALSE OR TRUE", "", True),
        ("NOT (FALSE OR TRUE)", "", False),
        ("NOT NOT TRUE", "", True),
        ("FALSE AND FALSE OR TRUE", "", True),
    ],
)
def test_rules(rule: str, alarmed: str, value: bool) -> None:
    names = children(parse(rule))
    states: dict[str, State] = {name: "ALARM" if name[0] in alarmed else "OK" for name in names}
    assert holds(parse(rule), states) is value


def test_how_alarms_are_written() -> None:
    arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a b"
    rule = f'ALARM( "a (b) AND c" ) OR OK( a b ) OR INSUFFICIENT_DATA ({arn})OR NOT\nALARM(x)'
    assert children(parse(rule)) == ["a (b) AND c", "a b", arn, "x"]
    assert children(parse("OK(a) AND ALARM(a)")) == ["a"]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("", "it ends where an alarm is expected"),
        ("ALARM(a) AND", "it ends where an alarm is expected"),
        ("NOT", "it ends where an alarm is expected"),
        ("ALARM(a) ALARM(b)", "it cannot be read from character 9"),
        ("ALARM(a) XOR ALARM(b)", "it cannot be read from character 9"),
        ("AND ALARM(a)", "it cannot be read from character 1"),
        ("ALARM()", "it cannot be read from character 1"),
        ("ALARM(a", "it cannot be read from character 1"),
        ('ALARM("a)', "it cannot be read from character 1"),
        ("alarm(a)", "it cannot be read from character 1"),
        ("TRUEISH", "it cannot be read from character 1"),
        ("()", "it cannot be read from character 2"),
        ("(TRUE", "it has an opening parenthesis too many"),
        ("TRUE)", "it cannot be read from character 5"),
        ("TRUE NOT TRUE", "it cannot be read from character 5"),
        (" OR ".join(f"OK(a{n})" for n in range(101)), "it has more than 100 alarms"),
        (" OR ".join(["TRUE"] * 501), "it has more than 500 elements"),
    ],
)
def test_what_cannot_be_read(rule: str, problem: str) -> None:
    with pytest.raises(RuleError) as refused:
        parse(rule)
    assert str(refused.value) == problem


def test_the_most_of_everything() -> None:
    parse(" OR ".join(f"OK(a{n % 100})" for n in range(500)))
    deep = "(" * 249 + "TRUE" + ")" * 249
    assert holds(parse(deep), {})
    assert holds(parse("NOT " * 2558 + "TRUE"), {})


@pytest.mark.parametrize("text", ["ALARM(" + " " * 10_000, "ALARM(" + "a " * 5_000, " " * 10_000])
def test_long_texts_are_refused_at_once(text: str) -> None:
    begin = time.perf_counter()
    with pytest.raises(RuleError):
        parse(text)
    assert time.perf_counter() - begin < 0.5


@given(st.text(alphabet='ALRMOKNDTUEF(") a', max_size=60))
def test_any_text_is_a_rule_or_is_refused(text: str) -> None:
    try:
        rule = parse(text)
    except RuleError:
        return
    assert holds(rule, {}) in (True, False)


names = st.sampled_from(["a", "b", "c"])
rules = st.recursive(
    st.one_of(
        st.sampled_from(["TRUE", "FALSE"]),
        st.builds(lambda state, name: f"{state}({name})", st.sampled_from(STATES), names),
    ),
    lambda inner: st.one_of(
        st.builds(lambda one: f"NOT {one}", inner),
        st.builds(lambda one: f"({one})", inner),
        st.builds(
            lambda left, word, right: f"{left} {word} {right}",
            inner,
            st.sampled_from(["AND", "OR"]),
            inner,
        ),
    ),
    max_leaves=12,
)


@given(rules, st.fixed_dictionaries({name: st.sampled_from(STATES) for name in "abc"}))
def test_as_python_reads_it(rule: str, states: dict[str, State]) -> None:
    # Python's `not`, `and` and `or` bind in the same order
    text = rule.replace("NOT", "not").replace("AND", "and").replace("OR", "or")
    text = text.replace("TRUE", "True").replace("FALSE", "False")
    words = {state: (lambda name, state=state: states[name] == state) for state in STATES}
    expected = eval(text, {**words, **{name: name for name in "abc"}})
    assert holds(parse(rule), states) is expected


# Alarms that depend on alarms


def composite(name: str, rule: str) -> Alarm:
    return an_alarm(name=name, watch=None, rule=rule)


def test_the_order_and_cycles() -> None:
    alarms = [
        composite("top", "ALARM(middle) OR ALARM(m)"),
        composite("middle", "ALARM(bottom)"),
        composite("bottom", "ALARM(m)"),
        composite("x", "ALARM(y)"),
        composite("y", "ALARM(x)"),
        composite("on-a-cycle", "OK(x)"),
        composite("itself", "OK(itself)"),
        an_alarm(name="m"),
    ]
    assert [alarm.name for alarm in composites.in_order(alarms)] == ["bottom", "middle", "top"]
    assert [alarm.name for alarm in composites.parents_of("x", alarms)] == ["y", "on-a-cycle"]


def test_children_are_named_or_by_their_arns() -> None:
    arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:m"
    other = arn.replace("us-east-1", "eu-west-1")
    alarm = composite("c", f"ALARM({arn}) OR ALARM(m) OR ALARM({other})")
    assert composites.children_of(alarm) == ["m", other]
    assert composites.children_of(an_alarm()) == []
    missing = composites.problem(alarm, {"m": an_alarm(name="m")})
    assert missing == (
        f"Could not save the composite alarm as alarms [{other}] in the alarm rule do not exist"
    )
    wrong = composites.problem(composite("c", "AND"), {})
    assert wrong == "AlarmRule must be a valid expression: it cannot be read from character 1"


def test_the_reason_is_the_child_that_changed_last() -> None:
    # As AWS's example of an event of a composite alarm has it
    name = "TotalNetworkTrafficTooHigh"
    at_ms = 1_579_033_777_415
    child = an_alarm(name=name, state="ALARM", transitioned_ms=at_ms)
    named = {name: child, "old": an_alarm(name="old", transitioned_ms=at_ms - 1)}
    alarm = composite("c", f"ALARM({name}) OR ALARM(old)")
    assert composites.state_of(alarm, named) == "ALARM"
    arn = f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"
    assert composites.reason(alarm, named) == (
        f"{arn} transitioned to ALARM at Tuesday 14 January, 2020 20:29:37 UTC",
        f'{{"triggeringAlarms":[{{"arn":"{arn}","state":{{"value":"ALARM",'
        '"timestamp":"2020-01-14T20:29:37.415+0000"}}]}',
    )
    nothing = composite("c", "TRUE")
    assert composites.reason(nothing, named) == ("The alarm rule depends on no alarm.", None)
    assert parse("ALARM(x)") == (Is("x", "ALARM"),)
    assert at_ms < MINUTE_MS
