"""Each modelled error of each operation that is built; docs/operations.md lists them."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from iam_refusals.situations import SITUATIONS
from iam_refusals.unreached import UNREACHED
from iam_refusals.world import BUILT, MODEL, World, errors_of
from shardline.testing import ManualClock, TestServer, running_server

# A call is made once, and as it was written: what is wrong with it is for the server to say.
AS_WRITTEN = Config(parameter_validation=False, retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    """A server of these tests' own: each begins with an account that has nothing else."""
    with running_server(clock=ManualClock()) as server:
        yield server


@pytest.fixture(scope="module")
def iam(server: TestServer) -> Any:
    return server.client("iam", config=AS_WRITTEN)


@pytest.fixture
def world(server: TestServer, iam: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(server, iam, monkeypatch)


@pytest.mark.one_in(8)
@pytest.mark.parametrize(
    ("operation", "error"), SITUATIONS, ids=["-".join(pair) for pair in SITUATIONS]
)
def test_refusal(world: World, operation: str, error: str) -> None:
    # Given
    refused = SITUATIONS[operation, error](world, operation)
    # When
    with pytest.raises(ClientError) as raised:
        getattr(world.iam, xform_name(operation))(**refused.members)
    # Then
    answer = raised.value.response
    expected = MODEL.shape_for(error).metadata["error"]
    assert answer["Error"]["Code"] == expected["code"]
    assert answer["Error"]["Message"] == refused.message
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == expected["httpStatusCode"]


# Nobody has a password, so that these have nothing to answer.
NEVER = ("GetLoginProfile", "DeleteLoginProfile")


@pytest.mark.one_in(8)
@pytest.mark.parametrize("operation", [each for each in BUILT if each not in NEVER])
def test_the_call_succeeds_where_nothing_is_wrong(world: World, operation: str) -> None:
    answer = getattr(world.iam, xform_name(operation))(**world.ready(operation))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("operation", BUILT)
def test_every_modelled_error_is_reached_or_has_its_reason(operation: str) -> None:
    told = {error for each, error in (*SITUATIONS, *UNREACHED) if each == operation}
    assert set(errors_of(operation)) <= told
