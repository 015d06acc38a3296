"""The demo's two IAM users: each has its own key, and what the stream's policies give it."""

from dataclasses import dataclass, field, replace
from typing import Any

from shardline.cli import Failure
from shardline.cli.client import Target, make_client
from shardline.rootkey import RootKey

DENIED = "AccessDeniedException"


@dataclass(slots=True)
class User:
    """A user of IAM that is to be made; `iam` is a boto3 client."""

    iam: Any
    name: str
    _key: RootKey | None = field(default=None, init=False)

    def create(self) -> None:
        """Make the user and a key. Raises `Failure` when there is one of that name."""
        try:
            self.iam.create_user(UserName=self.name)
        except self.iam.exceptions.EntityAlreadyExistsException as error:
            raise Failure(
                f"there is a user {self.name} already: choose another name with --stream"
            ) from error
        made = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        self._key = RootKey(made["AccessKeyId"], made["SecretAccessKey"])

    def delete(self) -> None:
        """Remove the user, which has no policies any more, with its keys."""
        for key in self.iam.list_access_keys(UserName=self.name)["AccessKeyMetadata"]:
            self.iam.delete_access_key(UserName=self.name, AccessKeyId=key["AccessKeyId"])
        self.iam.delete_user(UserName=self.name)

    def seen_by(self, target: Target) -> Target:
        """The server as this user reaches it."""
        return replace(target, key=self._key)


def check_rights(stream: str, writer: Target, reader: Target) -> None:
    """Try what neither may. Raises `Failure` unless both are denied, and what botocore raises."""
    reading = make_client(writer)
    shard = make_client(reader).list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    _denied(
        "the writer reads",
        reading,
        lambda: reading.get_shard_iterator(
            StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        ),
    )
    writing = make_client(reader)
    _denied(
        "the reader writes",
        writing,
        lambda: writing.put_record(StreamName=stream, Data=b"{}", PartitionKey="N0"),
    )


def _denied(what: str, client: Any, call: Any) -> None:
    try:
        call()
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == DENIED:
            return
        raise
    raise Failure(f"{what}, which no policy allows")
