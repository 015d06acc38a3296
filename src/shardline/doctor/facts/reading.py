"""A reading of the facts: what was read, or that it failed."""

from dataclasses import dataclass
from typing import TypeAlias, TypeVar

_DENIED = ("AccessDenied", "UnauthorizedOperation", "NotAuthorized")


@dataclass(frozen=True, slots=True)
class Failed:
    """A reading that failed. `call` is the permission that it needs: `iam:SimulatePrincipalPolicy`.

    `code` is AWS's, or the name of what the SDK raised.
    """

    call: str
    code: str
    message: str = ""

    @property
    def is_denied(self) -> bool:
        """Whether a permission was missing."""
        return any(word in self.code for word in _DENIED)

    def __str__(self) -> str:
        if self.is_denied:
            return f"the caller lacks {self.call}"
        return f"{self.call}: {self.code}{': ' if self.message else ''}{self.message}"


T = TypeVar("T")
Reading: TypeAlias = T | Failed
