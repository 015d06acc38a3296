"""Policy documents: `parse` makes of a text a `Policy`, immutable and quick to evaluate.

Everything that can be done once is done here: actions become a set and patterns, resources and
conditions are compiled. Sizes are those of IAM's quotas, in characters without white space.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from shardline.iam.policy import grammar, identity_checks, patterns, principal_checks
from shardline.iam.policy.conditions import Clause, compile_clause, read_operator
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import CURRENT, Kind, RawStatement
from shardline.iam.policy.patterns import Matcher
from shardline.iam.policy.principals import Principals, compile_principals
from shardline.iam.policy.variables import Context, Template, names_in, template

# A text that is longer is not read at all; AWS's models allow as much for a policy document.
MOST_CHARACTERS = 131_072
MANAGED_CHARACTERS = 6_144
SESSION_CHARACTERS = 2_048
TRUST_CHARACTERS = 2_048
USER_CHARACTERS, GROUP_CHARACTERS, ROLE_CHARACTERS = 2_048, 5_120, 10_240  # inline, in sum
RESOURCE_CHARACTERS = 20_480  # AWS's texts for Kinesis name no size; DynamoDB's is this


@dataclass(frozen=True, slots=True)
class Actions:
    """Action or NotAction: whole names (lower-case), and patterns with wildcards."""

    written: tuple[str, ...]  # in lower case
    names: frozenset[str]
    matches: Matcher
    inverted: bool

    def match(self, action: str) -> bool:
        """Whether the element is about an action, which is given in lower case."""
        return (action in self.names or self.matches(action)) is not self.inverted


@dataclass(frozen=True, slots=True)
class Resources:
    """Resource or NotResource: patterns, and those that have variables."""

    matches: Matcher
    templates: tuple[Template, ...]
    inverted: bool

    def match(self, resource: str, context: Context) -> bool:
        """Whether the element is about a resource: an ARN, or `*` for a call that has none."""
        if self.matches(resource):
            return not self.inverted
        if not self.templates:
            return self.inverted
        unresolved = False
        for each in self.templates:
            pattern = each.resolve(context)
            if pattern is None:
                unresolved = True
            elif patterns.resource_matcher(pattern)(resource):
                return not self.inverted
        # "The resource that includes a policy variable with no value will not match any resource",
        # in Resource and in NotResource.
        return self.inverted and not unresolved


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `resources` is None in a trust policy: its role is the resource.

    `asked` are the keys of the context that it hangs on, in conditions and as variables.
    """

    number: int
    sid: str | None
    allows: bool
    actions: Actions
    resources: Resources | None
    principals: Principals | None
    conditions: tuple[Clause, ...]
    asked: frozenset[str]

    def could_be_about(self, action: str, resource: str) -> bool:
        """Whether the statement is about a request as far as that hangs on no context."""
        if not self.actions.match(action):
            return False
        rest = self.resources
        return rest is None or bool(rest.templates) or rest.match(resource, {})

    def holds(self, resource: str, context: Context) -> bool:
        """Whether one that could be about a request is, in its context."""
        rest = self.resources
        if rest is not None and rest.templates and not rest.match(resource, context):
            return False
        return all(each.holds(context) for each in self.conditions)


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A policy that can be evaluated. `name` is for reports: what the policy is called.

    Two policies are never equal: a document that changed is another policy, and nothing that was
    kept for the old one is found.
    """

    kind: Kind
    name: str
    statements: tuple[Statement, ...]


@lru_cache(maxsize=32_768)
def candidates(policy: Policy, action: str, resource: str) -> tuple[Statement, ...]:
    """The statements that could be about a request, whoever makes it; `action` in lower case.

    Kept, since applications ask for few actions and resources, again and again.
    """
    return tuple(each for each in policy.statements if each.could_be_about(action, resource))


def parse(text: str, kind: Kind, name: str = "") -> Policy:
    """The policy that a document is. Raises `MalformedPolicy`; reads no part of a bad document."""
    if len(text) > MOST_CHARACTERS:
        raise MalformedPolicy(grammar.SYNTAX, f"longer than {MOST_CHARACTERS} characters")
    raw = grammar.read(text, kind)
    if kind.names_principals:
        principal_checks.check(raw, kind)
    else:
        identity_checks.check(raw)
    variables = raw.version == CURRENT
    statements = (_statement(*each, variables) for each in enumerate(raw.statements))
    return Policy(kind, name, tuple(statements))


def size(text: str) -> int:
    """The characters that IAM counts: "IAM doesn't count white space"."""
    return sum(not char.isspace() for char in text)


def _statement(number: int, raw: RawStatement, variables: bool) -> Statement:
    allows = raw.effect == "Allow"
    principals = None
    for element, values in raw.principals.items():
        principals = compile_principals(values, inverted=element == "NotPrincipal")
    clauses, texts = [], list(_one_of(raw, "Resource")[0] or ())
    for operator, key, wanted in raw.conditions:
        parsed = read_operator(operator)
        assert parsed is not None, "the grammar takes an unknown operator without keys alone"
        clauses.append(compile_clause(parsed, key, wanted, variables=variables, allows=allows))
        texts += wanted
    return Statement(
        number=number,
        sid=raw.sid,
        allows=allows,
        actions=_actions(*_one_of(raw, "Action")),
        resources=_resources(*_one_of(raw, "Resource"), variables),
        principals=principals,
        conditions=tuple(clauses),
        asked=_asked(clauses, texts if variables else ()),
    )


def _asked(clauses: Iterable[Clause], texts: Iterable[str]) -> frozenset[str]:
    names = {name.lower() for text in texts for name in names_in(text)}
    return frozenset(names | {each.key for each in clauses})


def _one_of(raw: RawStatement, element: str) -> tuple[list[str] | None, bool]:
    """The values of an element or of its Not… form, and whether it is the latter."""
    inverted = f"Not{element}" in raw.lists
    return raw.lists.get(f"Not{element}" if inverted else element), inverted


def _actions(values: list[str] | None, inverted: bool) -> Actions:
    lowered = [value.lower() for value in values or ()]
    wild = [text for text in lowered if "*" in text or "?" in text]
    return Actions(
        written=tuple(lowered),
        names=frozenset(lowered) - frozenset(wild),
        matches=patterns.any_text_matcher([patterns.read(text) for text in wild]),
        inverted=inverted,
    )


def _resources(values: list[str] | None, inverted: bool, variables: bool) -> Resources | None:
    if values is None:
        return None
    templates = [template(text, variables=variables) for text in values]
    return Resources(
        matches=patterns.resource_matcher(*(t.fixed for t in templates if t.fixed is not None)),
        templates=tuple(each for each in templates if each.fixed is None),
        inverted=inverted,
    )
