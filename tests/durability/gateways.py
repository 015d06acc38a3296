"""Several gateways over one Kafka and PostgreSQL, each a process that can be killed."""

import contextlib
import itertools
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from durability.server_process import CLI, ServerProcess

UNAVAILABLE = 503  # of a gateway that has lost touch with the others
_READ_S = 90.0  # where Kafka does not answer, a call may take twice the 20 s of a record
_TRIES = 6  # of a call that is made again at the next gateway, in turn
_PATIENT_TRIES = 200
_PAUSE_S = 0.05  # of a client that has nowhere else to go
UNREACHABLE = 599  # the status that is noted for a call that no gateway answered


class Gateways:
    """What a `Trial` takes for its server: gateways behind a client that goes on to the next one
    when one cannot be reached or does not serve, as clients behind a load balancer do.

    The call has failed all the same, and is an error that is counted; unless `goes_on` says that
    the same call is made again there.
    """

    def __init__(self, directory: Path, places: Sequence[Mapping[str, str]]) -> None:
        """`places` are the options of each. One with a `netns` lives in that network namespace."""
        key_file = directory / "master-key"
        self.all = []
        for number, told in enumerate(places):
            place = directory / f"gateway-{number}"
            place.mkdir()
            options = [f"--{name}={value}" for name, value in told.items() if name != "netns"]
            inside = ["ip", "netns", "exec", told["netns"]] if "netns" in told else []
            server = ServerProcess(
                place, f"--key-file={key_file}", *options, program=[*inside, *CLI]
            )
            self.all.append(server)
        self._turn = itertools.cycle(range(len(places)))
        self._out = set[int]()
        self.goes_on = False
        self.went_on: dict[str, int] = {}  # how often, by what they met

    def start(self) -> None:
        """Start all, one after the other."""
        for each in self.all:
            each.start()

    def client(self) -> "Client":
        """A client that begins with another gateway than the one before."""
        return Client(self, next(self._turn))

    def client_of(self, number: int) -> "Client":
        """A client that stays with one gateway, whatever that answers."""
        return Client(self, number, stays=True)

    def patient_client(self) -> "Client":
        """A client that goes on for long, for calls that may be made twice."""
        return Client(self, next(self._turn), tries=_PATIENT_TRIES)

    @contextlib.contextmanager
    def taken_out(self, number: int) -> Iterator[None]:
        """No client but those that stay with a gateway calls it, as if a load balancer had been
        told to leave it alone."""
        self._out.add(number)
        try:
            yield
        finally:
            self._out.remove(number)

    def is_out(self, number: int) -> bool:
        """Whether it was taken out."""
        return number in self._out

    def note_going_on(self, error: ClientError) -> None:
        """Count a call that is made again at another gateway."""
        code = error.response["Error"]["Code"]
        self.went_on[code] = self.went_on.get(code, 0) + 1

    def last_words(self) -> str:
        """The end of what each has logged."""
        return "\n".join(f"{each.data_dir.parent.name}: {each.last_words()}" for each in self.all)

    def said(self) -> str:
        """All that they have logged."""
        return "".join(each.log.read_text() for each in self.all)

    def __enter__(self) -> "Gateways":
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.all:
            each.kill()
            shutil.rmtree(each.data_dir, ignore_errors=True)


class Client:
    """A boto3 client, of the gateway that answered last."""

    def __init__(
        self, gateways: Gateways, at: int, *, stays: bool = False, tries: int | None = None
    ) -> None:
        self._gateways = gateways
        self._at = at
        self._stays = stays
        self._tries = tries
        self._clients: dict[str, Any] = {}

    @property
    def exceptions(self) -> Any:
        """The errors that boto3 knows."""
        return self._client.exceptions

    @property
    def _client(self) -> Any:
        if self._gateways.is_out(self._at) and not self._stays:
            self._next()
        server = self._gateways.all[self._at]
        if server.endpoint not in self._clients:
            self._clients[server.endpoint] = server.client(read_s=_READ_S)
        return self._clients[server.endpoint]

    def __getattr__(self, method: str) -> Any:
        def call(**members: Any) -> Any:
            tries = self._tries or (_TRIES if self._gateways.goes_on else 1)
            while True:
                tries -= 1
                try:
                    return _answer(self._client, method, members)
                except ClientError as error:
                    if _status(error) not in (UNAVAILABLE, UNREACHABLE):
                        raise
                    self._next()
                    if not tries:
                        raise
                    self._gateways.note_going_on(error)
                    threading.Event().wait(_PAUSE_S)

        return call

    def _next(self) -> None:
        if self._stays:
            threading.Event().wait(_PAUSE_S)
        else:
            self._at = (self._at + 1) % len(self._gateways.all)


class Persistent:
    """A boto3 client for which a broken connection is an error as any other: 599."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.exceptions = client.exceptions

    def __getattr__(self, method: str) -> Any:
        return lambda **members: _answer(self._client, method, members)


def _answer(client: Any, method: str, members: dict[str, Any]) -> Any:
    try:
        return getattr(client, method)(**members)
    except BotoCoreError as error:
        code = {"Code": type(error).__name__, "Message": str(error)}
        status = {"HTTPStatusCode": UNREACHABLE}
        answer: Any = {"Error": code, "ResponseMetadata": status}
        raise ClientError(answer, method) from error


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
