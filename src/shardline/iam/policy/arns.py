"""ARNs as far as policies need them: partitions, and whose a resource is."""

import re

RESOURCE_PARTITION = re.compile(r"aws(-[a-z]+)*|\*", re.ASCII)
ANY_RESOURCE = "*"


def account_of(arn: str) -> str | None:
    """The account in an ARN; None where there is none (`*`, a bucket), or it is AWS itself, whose
    managed policies belong to every account (`arn:aws:iam::aws:policy/…`)."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4] not in ("", "aws") else None
