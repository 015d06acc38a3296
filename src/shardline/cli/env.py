"""`shardline env`: the lines that point `aws` and every AWS SDK at a server."""

import shlex
from pathlib import Path
from urllib.parse import urlsplit

import click

from shardline.cli import Failure, options
from shardline.cli.client import root_key, running_node, serve_line
from shardline.settings import DEFAULT_REGION
from shardline.storage.datadir import NodeInfo

# A session token or a profile would be sent, or read, along with our key; an endpoint of one
# service goes before AWS_ENDPOINT_URL, and the last one switches that off.
UNSET = (
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL_KINESIS",
    "AWS_ENDPOINT_URL_CLOUDWATCH",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)


@click.command("env")
@options.data_dir
@options.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="The port to reach the server at, when it is another than the server's own; needed when "
    "no server runs on this data directory.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the variables as a JSON object.")
def command(data_dir: Path, port: int | None, as_json: bool) -> None:
    """Print the lines that point `aws` and every SDK at a server.

    Use it as: eval "$(shardline env)". Changes nothing and makes nothing.
    """
    variables = environment(data_dir, port)
    if as_json:
        import json

        click.echo(json.dumps(variables, indent=2))
        return
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    click.echo(f"unset {' '.join(UNSET)}")


def environment(data_dir: Path, port: int | None) -> dict[str, str]:
    """The variables for the server of a data directory. Raises `Failure` when none is known."""
    node = running_node(data_dir)
    if node is None and port is None:
        raise Failure(
            f"no server runs on {data_dir}: start one with `{serve_line(data_dir)}`, or name "
            "another with --data-dir or --port"
        )
    key = root_key(data_dir)
    region = node.region if node else DEFAULT_REGION
    variables = {
        "AWS_ENDPOINT_URL": _endpoint(node, port),
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
    if node and node.tls_ca:
        variables |= {"AWS_CA_BUNDLE": node.tls_ca, "NODE_EXTRA_CA_CERTS": node.tls_ca}
    return variables


def _endpoint(node: NodeInfo | None, port: int | None) -> str:
    if node is None:
        return f"http://127.0.0.1:{port}"
    if port is None:
        return node.endpoint
    url = urlsplit(node.endpoint)
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    return f"{url.scheme}://{host}:{port}"
