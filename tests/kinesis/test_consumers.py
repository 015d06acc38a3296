"""Consumers come and go by the clock, and no ARN is given twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis_samples import ACCOUNT, NOW_MS, make_stream
from shardline.gateway.errors import ServiceError
from shardline.kinesis import consumers
from shardline.storage.entities import Consumer, Stream

TRANSITION_MS = 500


def new(name: str, now_ms: int = NOW_MS) -> Consumer:
    return Consumer(name, now_ms, "CREATING", now_ms + TRANSITION_MS)


def deregistered(stream: Stream, name: str, now_ms: int) -> Stream:
    second = consumers.second(consumers.find(stream, name, now_ms))
    due_ms = now_ms + TRANSITION_MS
    return consumers.deregister(stream, name, second, now_ms=now_ms, due_ms=due_ms)


def statuses(stream: Stream, now_ms: int) -> dict[str, str]:
    return {each.name: each.status for each in consumers.present(stream, now_ms)}


def test_the_time_alone_completes_what_was_begun() -> None:
    stream = consumers.register(make_stream(), new("a"), NOW_MS)
    due = NOW_MS + TRANSITION_MS
    assert [statuses(stream, at) for at in (NOW_MS, due - 1, due)] == [
        {"a": "CREATING"},
        {"a": "CREATING"},
        {"a": "ACTIVE"},
    ]
    stream = deregistered(stream, "a", due)
    gone = due + TRANSITION_MS
    assert [statuses(stream, at) for at in (due, gone - 1, gone)] == [
        {"a": "DELETING"},
        {"a": "DELETING"},
        {},
    ]


def test_one_that_is_gone_is_forgotten_when_its_second_has_passed() -> None:
    stream = deregistered(consumers.register(make_stream(), new("a"), NOW_MS), "a", NOW_MS)
    soon = NOW_MS + TRANSITION_MS
    assert len(consumers.register(stream, new("b", soon), soon).consumers) == 2
    later = NOW_MS + 1000
    assert len(consumers.register(stream, new("b", later), later).consumers) == 1


def test_one_that_is_not_active_cannot_be_changed() -> None:
    stream = consumers.register(make_stream(), new("a"), NOW_MS)
    with pytest.raises(ServiceError) as caught:
        consumers.find_active(stream, "a", NOW_MS)
    assert caught.value.message == (
        f"Consumer a with creation timestamp {NOW_MS // 1000} under stream flights "
        f"and account {ACCOUNT} is not in ACTIVE status."
    )
    assert consumers.find_active(stream, "a", NOW_MS + TRANSITION_MS).status == "ACTIVE"


def test_all_go_with_their_stream_and_who_was_gone_stays_gone() -> None:
    stream = deregistered(consumers.register(make_stream(), new("a"), NOW_MS), "a", NOW_MS)
    soon = NOW_MS + TRANSITION_MS
    stream = consumers.register(stream, new("b", soon), soon)
    stream = consumers.deregister_all(stream, now_ms=soon, due_ms=soon + TRANSITION_MS)
    assert statuses(stream, soon) == {"b": "DELETING"}
    assert consumers.lasting(consumers.present(stream, soon)) == 0


STEPS = st.lists(
    st.tuples(st.sampled_from(["register", "deregister"]), st.sampled_from("abc"))
    | st.tuples(st.just("wait"), st.sampled_from([1, 499, 500, 1000, 5000])),
    max_size=40,
)


@given(STEPS)
def test_whatever_happens_no_arn_is_given_twice(steps: list[tuple[str, str | int]]) -> None:
    stream, now_ms, given_out = make_stream(), NOW_MS, []
    for step, what in steps:
        if isinstance(what, int):
            now_ms += what
            continue
        there = statuses(stream, now_ms)
        if step == "register" and what not in there:
            stream = consumers.register(stream, new(what, now_ms), now_ms)
            made = consumers.find(stream, what, now_ms)
            given_out.append(consumers.arn(stream, made))
        elif step == "deregister" and there.get(what):
            stream = deregistered(stream, what, now_ms)
        names = [each.name for each in stream.consumers]
        assert names == sorted(set(names))
    assert len(given_out) == len(set(given_out))
