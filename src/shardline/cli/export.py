"""`shardline export`: the same stream for CloudFormation or Terraform."""

import json
from pathlib import Path

import click

from shardline.cli import Failure


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--to",
    type=click.Choice(["cloudformation", "terraform"]),
    required=True,
    help="The tool to write for.",
)
@click.option("--region", help="The AWS region of a file that names none; us-east-1, if not given.")
def command(file: Path, to: str, region: str | None) -> None:
    """Print the stream of FILE, and everything around it, as JSON for another tool.

    For CloudFormation it is a template, which needs CAPABILITY_NAMED_IAM; for Terraform a
    configuration of the AWS provider, to be kept in a file whose name ends in .tf.json. What is
    exported belongs to that tool: it has no tags of the module's, and `apply` does not touch it.
    """
    from shardline.module.errors import ModuleError
    from shardline.module.export.cloudformation import template
    from shardline.module.export.terraform import configuration
    from shardline.module.spec import ConfigErrors, load, resolve
    from shardline.module.spec.resolve import DEFAULT_REGION

    try:
        wanted = resolve(load(file), default_region=region or DEFAULT_REGION)
        made = template(wanted) if to == "cloudformation" else configuration(wanted)
    except ConfigErrors as errors:
        raise Failure("\n".join(map(str, errors.problems))) from errors
    except ModuleError as error:
        raise Failure(str(error)) from error
    click.echo(json.dumps(made, indent=2))
