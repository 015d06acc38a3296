"""Amazon DynamoDB Local in a process of its own: what a worker of the KCL keeps its leases in."""

import http.client
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from clients.tools import becomes_true, java_libraries, java_program

MAIN = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"
START_S = 60.0


@contextmanager
def dynamodb_local(log: Path) -> Iterator[str]:
    """The endpoint of a DynamoDB that keeps its tables in memory; its output goes to `log`."""
    native = f"-Djava.library.path={java_libraries('dynamodb-local')}"  # its SQLite
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-inMemory", "-disableTelemetry", "-port", str(port)]
    command = [*java_program("dynamodb-local", MAIN, native), *options]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        try:
            answers = becomes_true(lambda: _answers(port) or process.poll() is not None, START_S)
            assert answers, log.read_text()
            assert process.poll() is None, log.read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def checkpoints(endpoint: str, application: str, keys: dict[str, str]) -> dict[str, str]:
    """The checkpoint of each shard in an application's lease table."""
    dynamodb: Any = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=keys["AWS_REGION"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )
    pages = dynamodb.get_paginator("scan").paginate(TableName=application, ConsistentRead=True)
    # The library keeps its other state in the same table, in rows without a checkpoint.
    return {
        row["leaseKey"]["S"]: row["checkpoint"]["S"]
        for page in pages
        for row in page["Items"]
        if "checkpoint" in row
    }


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()
