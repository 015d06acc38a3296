"""Who asks, and the Principal and NotPrincipal elements of resource and trust policies.

A principal element does not only match or not: *how directly* it names the caller decides, within
one account, whether the grant needs the caller's own policies as well (IAM User Guide, "Policy
evaluation for requests within a single account"):

    ACCOUNT   the caller's account is named: it decides itself, by its identity policies
    ROLE      the role of the caller's session: limited by boundary and session policies
    DIRECT    the user or session itself, or everyone: limited by explicit denies alone

NotPrincipal exempts a caller only when all of its names are listed: "you must also specify the
account ARN of the not-denied principal. Otherwise, the policy might deny access to the entire
account"; of a session, "AWS might validate the account first, then the role, and then the
assumed-role user". AWS says "might"; here it does, which denies more rather than less.
"""

import re
from dataclasses import dataclass
from enum import Enum, IntEnum

_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?", re.ASCII)
_NAMED = re.compile(
    r"arn:aws[a-z-]*:(iam::\d{12}:(user|role)/[^*?]+"
    r"|sts::\d{12}:(assumed-role/[^*?/]+/[^*?/]+|federated-user/[^*?]+))"
    r"|(AIDA|AROA)[A-Z0-9]+",
    re.ASCII,
)
EVERYONE = "*"


class Type(Enum):
    """What kind of principal asks; the values are those of `aws:PrincipalType`."""

    ROOT = "Account"
    USER = "User"
    SESSION = "AssumedRole"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request. `arn` is the user's, the session's (`…:assumed-role/R/S`) or root's.

    `unique_id` is the user's AIDA… or the role's AROA… (root: the account). `role_arn` is there
    for sessions, with the role's path. `name` is the user's or the session's. Temporary credentials
    have `issued_ms`.
    """

    type: Type
    arn: str
    account: str
    unique_id: str
    name: str = ""
    role_arn: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    issued_ms: int | None = None
    service: str = ""  # a service that acts for itself, such as cloudwatch.amazonaws.com


class Directness(IntEnum):
    """How directly a principal element names the caller."""

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECT = 3


@dataclass(frozen=True, slots=True)
class Principals:
    """A Principal or NotPrincipal element, compiled."""

    accounts: frozenset[str]
    named: frozenset[str]
    services: frozenset[str]
    everyone: bool
    inverted: bool  # NotPrincipal

    def match(self, caller: Principal) -> Directness:
        """How directly the element means a caller; of NotPrincipal, one who is not exempt."""
        if self.inverted:
            return Directness.NONE if self._exempts(caller) else Directness.DIRECT
        if self.everyone or self._names(caller) or caller.service in self.services:
            return Directness.DIRECT
        if self._names_role(caller):
            return Directness.ROLE
        return Directness.ACCOUNT if caller.account in self.accounts else Directness.NONE

    def _exempts(self, caller: Principal) -> bool:
        if self.everyone or caller.service in self.services:
            return True
        if caller.account not in self.accounts:
            return False
        if caller.type is Type.SESSION:
            return self._names(caller) and self._names_role(caller)
        return caller.type is Type.ROOT or self._names(caller)

    def _names(self, caller: Principal) -> bool:
        if caller.arn in self.named:
            return True
        return caller.type is Type.USER and caller.unique_id in self.named

    def _names_role(self, caller: Principal) -> bool:
        if caller.type is not Type.SESSION:
            return False
        return caller.role_arn in self.named or caller.unique_id in self.named


def is_valid(kind: str, value: str) -> bool:
    """Whether AWS could take a value of `AWS`, `Service`, `Federated` or `CanonicalUser`."""
    if kind == "AWS":
        return value == EVERYONE or bool(_ACCOUNT.fullmatch(value) or _NAMED.fullmatch(value))
    return bool(value) and ("*" not in value or value == EVERYONE)


def compile_principals(element: dict[str, list[str]], *, inverted: bool) -> Principals:
    """An element that the grammar has checked: kind of principal → values."""
    aws = element.get("AWS", [])
    accounts = {found[1] for value in aws if (found := _ACCOUNT.fullmatch(value))}
    return Principals(
        accounts=frozenset(accounts),
        named=frozenset(value for value in aws if _NAMED.fullmatch(value)),
        services=frozenset(element.get("Service", ())),
        everyone=EVERYONE in aws,
        inverted=inverted,
    )
