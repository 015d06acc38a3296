"""Options as every command has them: each can also be set by `SHARDLINE_` and its name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from shardline.cli import store_urls
from shardline.settings import DEFAULT_REGION, default_data_dir


def option(*names: str, **settings: Any) -> Callable[[Any], Any]:
    """`click.option` whose environment variable is `SHARDLINE_` and the long name in capitals."""
    long_name = next(name for name in names if name.startswith("--"))
    variable = "SHARDLINE_" + long_name.removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=True, **settings)


data_dir = option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=default_data_dir,
    show_default="~/.local/share/shardline",
    help="Where the server keeps everything.",
)
key_file = option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file of the master key, which wraps the KMS keys. The server makes it at its first "
    "start.  [default: master-key in the data directory]",
)
catalog_url = option(
    "--catalog",
    "catalog_url",
    metavar="URL",
    callback=store_urls.read_catalog_url,
    help="The PostgreSQL server that has the catalog, as given to `shardline serve`.  "
    "[default: in the data directory]",
)
region = option(
    "--region", default=DEFAULT_REGION, show_default=True, help="The AWS region of the streams."
)
