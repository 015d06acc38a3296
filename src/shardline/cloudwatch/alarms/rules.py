"""The rules of composite alarms: read, and evaluated by the states of other alarms. Pure.

    rule      = operand { (AND | OR) operand }        NOT binds before AND, AND before OR
    operand   = NOT operand | "(" rule ")" | TRUE | FALSE | state "(" alarm ")"
    state     = ALARM | OK | INSUFFICIENT_DATA
    alarm     = a name or an ARN; in double quotes if it has parentheses in it

A rule is kept in postfix order, and read and evaluated without recursion: however deep it is
nested, it is at most 10,240 characters. Source: AWS's documentation of PutCompositeAlarm; that AND
binds before OR is ours, it does not say.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn, cast, get_args

from shardline.storage.alarm_entities import State

MOST_CHILDREN, MOST_ELEMENTS = 100, 500

Operator = Literal["NOT", "AND", "OR"]


@dataclass(frozen=True, slots=True)
class Is:
    """Whether an alarm, by its name or ARN as it was written, is in a state."""

    alarm: str
    state: State


Step = bool | Is | Operator
Rule = tuple[Step, ...]

_BINDING: Mapping[str, int] = {"NOT": 3, "AND": 2, "OR": 1}
# Without backtracking (`*+`): a rule is the caller's own text, and long.
_TOKEN = re.compile(
    rf"\s*+(?:(?P<state>{'|'.join(get_args(State))})\s*+\(\s*+"
    r'(?:"(?P<quoted>[^"]++)"\s*+|(?P<name>[^()"\s][^()"]*+))\)'
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE)(?![A-Za-z0-9_])|(?P<paren>[()]))",
)


class RuleError(Exception):
    """A rule that cannot be read; the text says where."""


def parse(text: str) -> Rule:
    """Read a rule. Raises `RuleError`."""
    return _Parser(text).rule()


def children(rule: Rule) -> list[str]:
    """The alarms of a rule, as they are written, each once."""
    return list(dict.fromkeys(step.alarm for step in rule if isinstance(step, Is)))


def holds(rule: Rule, states: Mapping[str, State]) -> bool:
    """Whether a rule holds. An alarm that is not there is in no state."""
    stack: list[bool] = []
    for step in rule:
        match step:
            case bool():
                stack.append(step)
            case Is(alarm, state):
                stack.append(states.get(alarm) == state)
            case "NOT":
                stack.append(not stack.pop())
            case _:
                right, left = stack.pop(), stack.pop()
                stack.append(left and right if step == "AND" else left or right)
    return stack.pop()


class _Parser:
    """Dijkstra's shunting yard: `_out` is the rule so far, `_waiting` the operators to come."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._out: list[Step] = []
        self._waiting: list[str] = []
        self._elements = 0

    def rule(self) -> Rule:
        place, wants_operand = 0, True
        text = self._text.rstrip()
        while place < len(text):
            token = _TOKEN.match(text, place)
            if token is None:
                self._refuse(place)
            word = token["state"] or token["word"] or token["paren"]
            if wants_operand is (word in ("AND", "OR", ")")):
                self._refuse(place)
            wants_operand = self._take(token, word, place)
            place = token.end()
        if wants_operand:
            raise RuleError("it ends where an alarm is expected")
        while self._waiting:
            self._apply_one("it has an opening parenthesis too many")
        if len(children(tuple(self._out))) > MOST_CHILDREN:
            raise RuleError(f"it has more than {MOST_CHILDREN} alarms")
        return tuple(self._out)

    def _take(self, token: re.Match[str], word: str, place: int) -> bool:
        """Take a token. Answers whether an operand comes next."""
        if word in ("AND", "OR"):
            while self._waiting and _BINDING.get(self._waiting[-1], 0) >= _BINDING[word]:
                self._apply_one("")
            self._waiting.append(word)
            return True
        if word == "NOT":
            self._waiting.append(word)
            return True
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise RuleError(f"it has more than {MOST_ELEMENTS} elements")
        if word == "(":
            self._waiting.append(word)
            return True
        if word == ")":
            while self._waiting and self._waiting[-1] != "(":
                self._apply_one("")
            if not self._waiting:
                self._refuse(place)
            self._waiting.pop()
        elif token["state"]:
            self._out.append(Is(token["quoted"] or token["name"].rstrip(), cast(State, word)))
        else:
            self._out.append(word == "TRUE")
        return False

    def _apply_one(self, why_not: str) -> None:
        operator = self._waiting.pop()
        if operator == "(":
            raise RuleError(why_not)
        self._out.append(cast(Operator, operator))

    def _refuse(self, place: int) -> NoReturn:
        raise RuleError(f"it cannot be read from character {place + 1}")
