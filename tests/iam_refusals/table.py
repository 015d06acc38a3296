"""The table of `docs/operations.md` for IAM: what is built, and which of its errors are reached."""

from iam_refusals.situations import SITUATIONS
from iam_refusals.unreached import UNREACHED
from iam_refusals.world import BUILT, MODEL, errors_of


def table() -> str:
    """One row per operation that is built, and the others in a sentence."""
    lines = ["| operation | errors reached | errors not reached, and why |", "|---|---|---|"]
    lines += [_row(operation) for operation in BUILT]
    unbuilt = sorted(set(MODEL.operation_names) - set(BUILT))
    return "\n".join(lines) + f"\n\nNot built: {', '.join(unbuilt)}.\n"


def summary() -> str:
    """How many there are of each."""
    pairs = [(operation, error) for operation in BUILT for error in errors_of(operation)]
    reached = [pair for pair in pairs if pair in SITUATIONS]
    return (
        f"{len(BUILT)} of {len(MODEL.operation_names)} operations are built. Of their {len(pairs)} "
        f"modelled errors {len(reached)} are reached by a test, {len(pairs) - len(reached)} are "
        "not.\n"
    )


def _row(operation: str) -> str:
    errors = sorted(errors_of(operation))
    reached = [error for error in errors if (operation, error) in SITUATIONS]
    unreached: dict[str, list[str]] = {}
    for error in errors:
        if (operation, error) in UNREACHED:
            unreached.setdefault(UNREACHED[operation, error], []).append(error)
    rest = "; ".join(f"{', '.join(those)}: {why}" for why, those in unreached.items())
    return f"| {operation} | {', '.join(reached)} | {rest} |"
