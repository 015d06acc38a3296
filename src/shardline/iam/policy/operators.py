"""The condition operators of the language, as a table. IAM User Guide, "Condition operators"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt
from typing import Any

from shardline.iam.policy import comparisons
from shardline.iam.policy.comparisons import Compare
from shardline.iam.policy.dates import passes_legacy_parsing


@dataclass(frozen=True, slots=True)
class Operator:
    """How an operator compiles values, whether it is an inverted one, and which values it reads."""

    compile: Callable[[Sequence[str], bool], Compare]
    negated: bool = False
    values_fit: Callable[[str], bool] = lambda value: True


NULL = "Null"


def _numeric(holds: Callable[[Any, Any], bool], negated: bool = False) -> Operator:
    return Operator(comparisons.numeric(holds), negated, comparisons.is_number)


def _date(holds: Callable[[Any, Any], bool], negated: bool = False) -> Operator:
    return Operator(comparisons.date(holds), negated, passes_legacy_parsing)


OPERATORS = {
    "StringEquals": Operator(comparisons.equals),
    "StringNotEquals": Operator(comparisons.equals, negated=True),
    "StringEqualsIgnoreCase": Operator(comparisons.equals_ignore_case),
    "StringNotEqualsIgnoreCase": Operator(comparisons.equals_ignore_case, negated=True),
    "StringLike": Operator(comparisons.like),
    "StringNotLike": Operator(comparisons.like, negated=True),
    "NumericEquals": _numeric(eq),
    "NumericNotEquals": _numeric(eq, negated=True),
    "NumericLessThan": _numeric(lt),
    "NumericLessThanEquals": _numeric(le),
    "NumericGreaterThan": _numeric(gt),
    "NumericGreaterThanEquals": _numeric(ge),
    "DateEquals": _date(eq),
    "DateNotEquals": _date(eq, negated=True),
    "DateLessThan": _date(lt),
    "DateLessThanEquals": _date(le),
    "DateGreaterThan": _date(gt),
    "DateGreaterThanEquals": _date(ge),
    "Bool": Operator(comparisons.boolean, values_fit=comparisons.is_boolean),
    "BinaryEquals": Operator(comparisons.binary),
    "IpAddress": Operator(comparisons.ip, values_fit=comparisons.is_network),
    "NotIpAddress": Operator(comparisons.ip, negated=True, values_fit=comparisons.is_network),
    "ArnEquals": Operator(comparisons.arn),
    "ArnLike": Operator(comparisons.arn),
    "ArnNotEquals": Operator(comparisons.arn, negated=True),
    "ArnNotLike": Operator(comparisons.arn, negated=True),
    NULL: Operator(comparisons.null, values_fit=comparisons.is_boolean),
}
