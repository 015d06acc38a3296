"""The table of `docs/operations.md`: what is built, and which modelled errors a test reaches."""

from refusals.every import REFUSALS, UNREACHED
from refusals.registry import BUILT, MODEL, errors_of

UNBUILT = sorted(set(MODEL.operation_names) - set(BUILT))


def table() -> str:
    """One row per operation of the model."""
    lines = [
        "| operation | built | errors reached | errors not reached, and why |",
        "|---|---|---|---|",
    ]
    lines += [_row(operation) for operation in sorted(MODEL.operation_names)]
    return "\n".join(lines) + "\n"


def summary() -> str:
    """How many there are of each."""
    pairs = [(operation, error) for operation in BUILT for error in errors_of(operation)]
    reached = [pair for pair in pairs if pair not in UNREACHED]
    return (
        f"{len(BUILT)} of {len(MODEL.operation_names)} operations are built. Of their {len(pairs)} "
        f"modelled errors {len(reached)} are reached by a test, {len(pairs) - len(reached)} are "
        f"not. {len(REFUSALS) - len(reached)} further refusals have a test of the same kind.\n"
    )


def _row(operation: str) -> str:
    errors = sorted(errors_of(operation))
    if operation in UNBUILT:
        return f"| {operation} | no | | all {len(errors)} |"
    reached = [error for error in errors if (operation, error) not in UNREACHED]
    unreached: dict[str, list[str]] = {}
    for error in errors:
        if error not in reached:
            unreached.setdefault(UNREACHED[operation, error], []).append(error)
    rest = "; ".join(f"{', '.join(those)}: {why}" for why, those in unreached.items())
    return f"| {operation} | yes | {', '.join(reached)} | {rest} |"
