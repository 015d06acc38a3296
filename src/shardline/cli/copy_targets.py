"""What `--from` and `--to` of `shardline copy` name, and the clients for it.

- `aws`: AWS, with the keys of the environment or of a profile;
- a URL: whatever speaks Kinesis there, with the keys of the environment or of a profile;
- anything else: the data directory of a server that runs on this machine, with its root key.
"""

import json
import os
import ssl
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from shardline.cli import Failure
from shardline.cli.client import Target, check_answers, node_target

AWS = "aws"
PROBE_S = 5.0


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a copy. `name` says the same place in the same words every time."""

    target: Target
    name: str
    is_shardline: bool


def side_of(text: str, region: str | None, profile: str | None) -> Side:
    """The end that a user named. Raises `Failure` when nothing answers there."""
    # A profile may have a region of its own, which goes before that of the environment.
    sdk_region = region if region or profile else os.environ.get("AWS_REGION")
    if text == AWS:
        return Side(Target(None, sdk_region, profile=profile), AWS, is_shardline=False)
    if text.startswith(("http://", "https://")):
        endpoint = text.rstrip("/")
        check_answers(endpoint)
        target = Target(endpoint, sdk_region, profile=profile)
        return Side(target, endpoint, _is_shardline(endpoint))
    if profile is not None:
        raise Failure(f"{text} is a data directory, whose root key is used: it takes no profile")
    directory = Path(text).expanduser().absolute()
    if not directory.is_dir():
        raise Failure(f"{text} is neither a data directory, nor a URL, nor {AWS}")
    return Side(node_target(directory, region), str(directory.resolve()), is_shardline=True)


def _is_shardline(endpoint: str) -> bool:
    """Whether a Shardline server answers. What cannot be told is taken for none."""
    url = f"{endpoint}/_shardline/health"
    context = None
    if endpoint.startswith("https://"):
        context = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
    try:
        with urllib.request.urlopen(url, timeout=PROBE_S, context=context) as answer:
            return "version" in json.load(answer)
    except (OSError, ValueError):  # URLError is an OSError; JSON's and Unicode's are ValueErrors
        return False
