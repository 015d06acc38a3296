"""`shardline form`: a web page in which `stream.yaml` is filled in."""

from pathlib import Path

import click

from shardline.cli import Failure


@click.command("form")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=Path("form.html"),
    show_default=True,
    help="The file to write; - for standard output.",
)
def command(out: Path) -> None:
    """Write a web page in which stream.yaml is filled in.

    Open it in a browser, offline too: it is one file, loads nothing and sends nothing. It has the
    presets, checks what is filled in, shows the price of a month on AWS, and gives the file that
    `shardline plan` reads. Give it to whoever knows what the stream should be.
    """
    from shardline.module.form import page

    text = page()
    if str(out) == "-":
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"cannot write {out}: {error.strerror}") from error
    click.echo(f"Wrote {out}: open it in a browser.", err=True)
