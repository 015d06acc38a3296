"""One server for all tests of IAM's API; each test makes identities of its own names."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iam_samples import document, new_name, trust
from shardline.testing import ManualClock, TestServer, running_server

# A call is made once, and as it was written: what is wrong with it is for the server to say.
AS_WRITTEN = Config(parameter_validation=False, retries={"total_max_attempts": 1})

Refused = Callable[..., str]


@pytest.fixture(scope="session")
def server() -> Iterator[TestServer]:
    with running_server(clock=ManualClock()) as server:
        yield server


@pytest.fixture(scope="session")
def iam(server: TestServer) -> Any:
    return server.client("iam", config=AS_WRITTEN)


@pytest.fixture
def alone() -> Iterator[Any]:
    """An account in which there is nothing yet."""
    with running_server(clock=ManualClock()) as server:
        yield server.client("iam", config=AS_WRITTEN)


@pytest.fixture
def user(iam: Any) -> str:
    name = new_name("user")
    iam.create_user(UserName=name)
    return name


@pytest.fixture
def group(iam: Any) -> str:
    name = new_name("group")
    iam.create_group(GroupName=name)
    return name


@pytest.fixture
def role(iam: Any) -> str:
    name = new_name("role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust())
    return name


@pytest.fixture
def policy(iam: Any) -> str:
    """The ARN of a managed policy."""
    answer = iam.create_policy(PolicyName=new_name("policy"), PolicyDocument=document())
    return str(answer["Policy"]["Arn"])


@pytest.fixture
def refused() -> Refused:
    """Make a call that is refused, and answer `STATUS CODE: MESSAGE`."""

    def call(operation: Any, **members: Any) -> str:
        with pytest.raises(ClientError) as raised:
            operation(**members)
        error = raised.value.response["Error"]
        status = raised.value.response["ResponseMetadata"]["HTTPStatusCode"]
        return f"{status} {error['Code']}: {error['Message']}"

    return call
