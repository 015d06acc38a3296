"""The same resources for those who make them by other means: CloudFormation, Terraform.

What is exported belongs to the tool that it is for: it carries no tag of the module's, and `apply`
and `destroy` refuse to touch it.
"""

import hashlib
import re

from shardline.module.errors import Refused
from shardline.module.spec.wanted import WantedStream


def check(wanted: WantedStream) -> None:
    """Refuse what AWS has no place for. Raises `Refused`."""
    addresses = [
        each
        for each in (*wanted.alarms.notify, *wanted.alarms.notify_recovered)
        if not each.startswith("arn:")
    ]
    if addresses:
        reasons = tuple(
            f"{each} can be told of alarms by Shardline alone: name an SNS topic"
            for each in addresses
        )
        raise Refused(wanted.name, reasons)


def word(name: str, allowed: str) -> str:
    """A name in the signs that a tool allows (a character class), different for different names."""
    clean = re.sub(f"[^{allowed}]", "", name)
    if clean == name:
        return name
    return clean + hashlib.sha256(name.encode()).hexdigest()[:6]
