"""Which server `put`, `tail` and `demo` talk to, and the boto3 client for it.

The rule, first match wins:

1. `--aws`: real AWS, whatever endpoint the environment names; keys as the AWS SDKs find them.
2. `--data-dir` on the command line: the server of that directory, with its root key.
3. `AWS_ENDPOINT_URL_KINESIS` or `AWS_ENDPOINT_URL`: that endpoint; keys as the AWS SDKs find them.
4. The server of the usual data directory (or of `SHARDLINE_DATA_DIR`), with its root key.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from shardline.cli import Failure
from shardline.cli.sessions import session_of
from shardline.rootkey import RootKey, load
from shardline.storage.datadir import DataDir, NodeInfo
from shardline.storage.record_log import StoreUnusable

# With botocore's back-off (at most 20 s between two tries) ten tries last about a minute: a server
# that is started again in the meantime costs a follower nothing.
TRIES = 10
_PROBE_S = 2.0
_HINTS = {
    "ResourceNotFoundException": "`aws kinesis list-streams` lists the streams",
    "UnrecognizedClientException": 'another server\'s key? eval "$(shardline env)"',
    "InvalidSignatureException": 'another server\'s key? eval "$(shardline env)"',
}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Target:
    """A server to talk to. None stands for what the AWS SDKs find out by themselves."""

    endpoint: str | None
    region: str | None
    key: RootKey | None = None
    tls_ca: str | None = None
    profile: str | None = None

    def __str__(self) -> str:
        return self.endpoint or "AWS"


def choose_target(data_dir: Path, *, aws: bool, region: str | None) -> Target:
    """The server that the rule above leads to. Raises `Failure` when there is none."""
    if aws:
        return Target(None, region or os.environ.get("AWS_REGION"))
    source = click.get_current_context().get_parameter_source("data_dir")
    endpoint = os.environ.get("AWS_ENDPOINT_URL_KINESIS") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint and source is not ParameterSource.COMMANDLINE:
        check_answers(endpoint)
        return Target(endpoint, region or os.environ.get("AWS_REGION"))
    return node_target(data_dir, region)


def node_target(data_dir: Path, region: str | None = None) -> Target:
    """The running server of a data directory. Raises `Failure` when none runs."""
    node = running_node(data_dir)
    if node is None:
        raise Failure(
            f"no server runs on {data_dir}: start one with `{serve_line(data_dir)}`, "
            "or name one with --data-dir or AWS_ENDPOINT_URL (real AWS: --aws)"
        )
    return Target(node.endpoint, region or node.region, root_key(data_dir), node.tls_ca)


def running_node(data_dir: Path) -> NodeInfo | None:
    """What the server of that directory says, if one answers there."""
    try:
        node = DataDir(data_dir).read_node_file()
    except StoreUnusable as error:
        raise Failure(str(error)) from error
    # A server that was killed leaves its file behind.
    return node if node is not None and _answers(node.endpoint) else None


def root_key(data_dir: Path) -> RootKey:
    """The root key of a data directory. Raises `Failure` when it has none or none to be read."""
    try:
        key = load(DataDir(data_dir).root_key)
    except StoreUnusable as error:
        raise Failure(str(error)) from error
    if key is None:
        raise Failure(
            f"{data_dir} has no root key: its first server makes one, `{serve_line(data_dir)}`"
        )
    return key


def serve_line(data_dir: Path) -> str:
    """The command that runs a server on that directory."""
    import shlex

    return f"shardline serve --data-dir {shlex.quote(str(data_dir))}"


def check_answers(endpoint: str) -> None:
    """Raise `Failure` at once when nothing listens at an endpoint of this machine.

    Other hosts are left to the SDK: the way there may be through a proxy.
    """
    if urlsplit(endpoint).hostname in _LOOPBACK and not _answers(endpoint):
        raise Failure(f"nothing listens at {endpoint}: start a server with `shardline serve`")


def _answers(endpoint: str) -> bool:
    url = urlsplit(endpoint)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        with socket.create_connection((url.hostname or "", port), timeout=_PROBE_S):
            return True
    except OSError:
        return False


def make_client(
    target: Target,
    service: str = "kinesis",
    region: str | None = None,
    *,
    tries: int = TRIES,
    connections: int = 10,
    bulk: bool = False,
) -> Any:
    """A boto3 client, of Kinesis and of the target's region if nothing else is said.

    It keeps as many `connections` as threads use it. `bulk` is for very many records: parameters
    are not checked, and times come as seconds since 1970, which takes a third of the CPU time off.
    Raises `Failure` when region or keys cannot be found.
    """
    from botocore.config import Config

    local = target.endpoint is not None and urlsplit(target.endpoint).hostname in _LOOPBACK
    config = Config(
        retries={"mode": "standard", "total_max_attempts": tries},
        ignore_configured_endpoint_urls=target.endpoint is None,
        max_pool_connections=connections,
        parameter_validation=not bulk,
        # A proxy of the environment is no way to this machine's own address.
        proxies={} if local else None,
    )
    with reported_failures(target):
        return session_of(target.profile, bulk=bulk).client(
            service,
            endpoint_url=target.endpoint,
            region_name=region or target.region,
            verify=target.tls_ca,
            aws_access_key_id=target.key.access_key if target.key else None,
            aws_secret_access_key=target.key.secret if target.key else None,
            config=config,
        )


def address(stream: str) -> dict[str, str]:
    """The request member that names a stream, given its name or its ARN."""
    return {"StreamARN" if stream.startswith("arn:") else "StreamName": stream}


@contextlib.contextmanager
def reported_failures(target: Target) -> Iterator[None]:
    """Turn what an SDK raises into one line on standard error and exit code 1."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        NoRegionError,
        PartialCredentialsError,
    )

    try:
        yield
    except NoRegionError as error:
        raise Failure("say which region: --region, or AWS_REGION") from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise Failure(
            f"no access key for {target}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
            '(a server of yours: eval "$(shardline env)")'
        ) from error
    except ClientError as error:
        raise Failure(f"{target} refused: {refusal(error.response)}") from error
    except BotoCoreError as error:
        raise Failure(str(error)) from error


def refusal(response: Any) -> str:
    """`Code: message` of an AWS error answer, and what to do where that is known."""
    error = response.get("Error", {})
    code = error.get("Code", "an error without a code")
    message = (error.get("Message") or "no message").rstrip(".")
    hint = _HINTS.get(code)
    return f"{code}: {message}" + (f" ({hint})" if hint else "")
