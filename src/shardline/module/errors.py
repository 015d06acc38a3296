"""What can go wrong in the module. The texts are for whoever ran the command.

ModuleError
  Refused       nothing was done, and why
  StepFailed    a change was begun and not finished; what was done before stays
  TakesTooLong  a stream did not become what it should in time
"""


class ModuleError(Exception):
    """Something that the module says in its own words."""


class Refused(ModuleError):
    """Nothing was done."""

    def __init__(self, name: str, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(f"{name}: {reason}" for reason in reasons))


class StepFailed(ModuleError):
    """The API refused a call. Run it again once the reason is gone: it goes on from there."""


class TakesTooLong(ModuleError):
    """A stream is still on its way. It goes on by itself, and a second run finds it there."""
