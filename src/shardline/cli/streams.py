"""What `plan`, `apply` and `destroy` have in common: the files, where the streams are, the options.

A command runs through all of its files before it changes anything: what is wrong in any of them is
told at once, and then nothing is done.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shardline.cli import Failure, options
from shardline.cli.client import Target as Server
from shardline.cli.client import choose_target, make_client, reported_failures

if TYPE_CHECKING:
    from shardline.cli.progress import Progress
    from shardline.module.plan import Plan
    from shardline.module.spec import StreamConfig, WantedStream
    from shardline.module.target import Target

files = click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
)
region = click.option(
    "--region", help="The AWS region of files that name none; the server's, if not given."
)
aws = click.option("--aws", is_flag=True, help="Real AWS, whatever AWS_ENDPOINT_URL says.")


def where(command: Callable[..., None]) -> Callable[..., None]:
    """The files and the options that say where their streams are: what `opened` takes."""
    for add in (aws, region, options.data_dir, files):
        command = add(command)
    return command


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of a file, and where it is."""

    wanted: "WantedStream"
    target: "Target"

    @property
    def heading(self) -> str:
        """`orders in us-east-1 (http://127.0.0.1:4567)`."""
        return f"{self.wanted.name} in {self.wanted.region} ({self.target.endpoint or 'AWS'})"


def opened(
    files: tuple[Path, ...], data_dir: Path, *, aws: bool, region: str | None
) -> list[Stream]:
    """The streams of some files. Raises `Failure` with everything that is wrong in any of them."""
    from shardline.module.spec import ConfigErrors, load_all

    try:
        configs = load_all(files)
    except ConfigErrors as errors:
        raise Failure("\n".join(map(str, errors.problems))) from errors
    return at(choose_target(data_dir, aws=aws, region=region), configs)


def at(server: Server, configs: "Sequence[StreamConfig]") -> list[Stream]:
    """The streams of some configurations, on one server. Raises `Failure` if it does not answer."""
    from shardline.module.spec import resolve
    from shardline.module.target import Target

    default = _default_region(server)
    found = [resolve(config, default_region=default) for config in configs]
    targets: dict[str, Target] = {}
    for wanted in found:
        if wanted.region not in targets:
            targets[wanted.region] = _target(server, wanted.region)
    return [Stream(wanted, targets[wanted.region]) for wanted in found]


def _default_region(server: Server) -> str:
    """The region of the command or the server, or what the AWS SDKs find, or AWS's first one."""
    import boto3

    from shardline.module.spec.resolve import DEFAULT_REGION

    return server.region or boto3.Session().region_name or DEFAULT_REGION


def _target(server: Server, region: str) -> "Target":
    from shardline.module.target import Target

    with reported_failures(server):
        return Target.of(lambda service: make_client(server, service, region), server.endpoint)


@contextlib.contextmanager
def told_failures(stream: Stream) -> Iterator[None]:
    """Turn what the module and the SDK raise into one line on standard error and exit code 1."""
    from shardline.module.errors import ModuleError

    server = Server(stream.target.endpoint, stream.wanted.region)
    try:
        with reported_failures(server):
            yield
    except ModuleError as error:
        raise Failure(str(error)) from error


def refuse_all(refusals: list[tuple[str, str]]) -> None:
    """Raise `Failure` with every reason why nothing is done, if there is one."""
    if refusals:
        raise Failure("\n".join(f"{name}: {reason}" for name, reason in refusals))


def confirmed(question: str, *, yes: bool) -> None:
    """Ask, unless that was answered on the command line. Raises `Failure` when it is not wanted."""
    import sys

    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure(f"{question} Nobody is there to be asked: say --yes")
    if not click.confirm(question, err=True):
        raise Failure("nothing was done")


def now_s() -> int:
    """The time of day, in seconds since 1970."""
    import time

    return int(time.time())


def carry_out(stream: Stream, plan: "Plan") -> None:
    """Make the changes of a plan, and show each. Raises `Failure`."""
    import time

    from shardline.module.apply import make

    total = len(plan.to_make)
    try:
        with told_failures(stream), progress(stream, total) as shown:
            make(stream.target, plan, sleep=time.sleep, tell=shown.tell, starts=shown.starts)
    except KeyboardInterrupt as error:
        raise Failure(f"{plan.name}: interrupted; run it again to go on from there") from error
    if total:
        click.echo(f"{plan.name}: done", err=True)


def progress(stream: Stream, total: int) -> "Progress":
    """What shows each change and each wait on standard error."""
    from shardline.cli.progress import Progress

    return Progress(stream.wanted.name, total)
