"""`shardline schema`: the JSON Schema of `stream.yaml`."""

import json
from pathlib import Path

import click

from shardline.cli import Failure


@click.command("schema")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file instead."
)
def command(out: Path | None) -> None:
    """Print the JSON Schema (2020-12) of stream.yaml.

    It has titles, descriptions, examples, units, presets, prices, and which fields cannot change:
    enough to draw a form from. Editors check a file against it that begins with

        # yaml-language-server: $schema=FILE
    """
    from shardline.module.schema import schema

    text = json.dumps(schema(), indent=2, ensure_ascii=False)
    if out is None:
        click.echo(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise Failure(f"cannot write {out}: {error.strerror}") from error
    click.echo(f"wrote {out}", err=True)
