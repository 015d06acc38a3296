"""Each modelled error of each operation that is built; docs/operations.md lists them."""

from collections.abc import Iterator

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from refusals.calls import CALLS
from refusals.every import REFUSALS, UNREACHED
from refusals.readiness import ready
from refusals.registry import BUILT, Refusal, errors_of
from refusals.world import Servers, World


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with Servers.running() as servers:
        yield servers


@pytest.fixture
def aws(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(servers, monkeypatch)


@pytest.mark.one_in(8)
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_refusal(aws: World, refusal: Refusal) -> None:
    # Given
    refused = refusal.situation(aws, refusal.operation)
    operation = getattr(refused.client, xform_name(refusal.operation))
    if refused.of_a_record:
        # When
        records = operation(**refused.members)["Records"]
        # Then
        error = {"ErrorCode": refusal.code, "ErrorMessage": refused.message}
        assert records == [error] * len(refused.members["Records"])
        return
    # When
    with pytest.raises(ClientError) as raised:
        operation(**refused.members)
    # Then
    answer = raised.value.response
    assert answer["Error"]["Code"] == refusal.code
    assert answer["Error"].get("Message") == (refused.message or "")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == refusal.status


@pytest.mark.one_in(8)
@pytest.mark.parametrize("operation", CALLS)
def test_the_call_succeeds_where_nothing_is_wrong(aws: World, operation: str) -> None:
    answer = getattr(aws.kinesis, xform_name(operation))(**ready(aws, operation))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    if "EventStream" in answer:
        answer["EventStream"].close()


@pytest.mark.parametrize("operation", BUILT)
def test_every_modelled_error_is_reached_or_has_its_reason(operation: str) -> None:
    modelled = {(operation, error) for error in errors_of(operation)}
    reached = {
        (each.operation, each.error)
        for each in REFUSALS.values()
        if each.operation == operation and not each.variant
    }
    unreached = {pair for pair in UNREACHED if pair[0] == operation}
    assert reached & modelled | unreached == modelled
    assert not reached & unreached


def test_there_is_a_call_of_each_operation_that_is_built() -> None:
    assert sorted(CALLS) == sorted(BUILT)


def test_nothing_is_said_of_an_operation_that_is_not_built() -> None:
    said = {each.operation for each in REFUSALS.values()} | {pair[0] for pair in UNREACHED}
    assert said <= set(BUILT)
