"""How one value of a request is compared with a policy's values, by family of operators.

Each family compiles a policy's values once, into a `Compare`: given a value of the request and the
context (for variables), whether *any* of the policy's values fits; None when the value cannot be
compared at all (no number, no date, no address), which makes both an operator and its negation
fail. The source is the IAM User Guide, "Condition operators".

Variables are for strings and ARNs alone. A policy's value that is no number or address is refused
with the document (`shardline.iam.policy.operators`); of dates, AWS takes some that mean nothing.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeVar

from shardline.iam.policy import patterns
from shardline.iam.policy.dates import milliseconds
from shardline.iam.policy.patterns import Matcher, Pattern
from shardline.iam.policy.variables import Context, Template, template

Compare = Callable[[str, Context], bool | None]
Address = IPv4Address | IPv6Address
T = TypeVar("T")


def _of_templates(
    values: Iterable[str], variables: bool, wildcards: bool, matcher: Callable[[Pattern], Matcher]
) -> Compare:
    templates = [template(text, variables=variables, wildcards=wildcards) for text in values]
    fixed = [matcher(each.fixed) for each in templates if each.fixed is not None]
    open_ones = [each for each in templates if each.fixed is None]

    def compare(value: str, context: Context) -> bool:
        return any(fits(value) for fits in fixed) or any(
            _fits(each, value, context, matcher) for each in open_ones
        )

    return compare


def _fits(
    each: Template, value: str, context: Context, matcher: Callable[[Pattern], Matcher]
) -> bool:
    pattern = each.resolve(context)
    return pattern is not None and matcher(pattern)(value)


def _ignoring_case(pattern: Pattern) -> Matcher:
    return patterns.text_matcher(pattern, ignore_case=True)


def equals(values: Sequence[str], variables: bool) -> Compare:
    """StringEquals."""
    return _of_templates(values, variables, False, patterns.text_matcher)


def equals_ignore_case(values: Sequence[str], variables: bool) -> Compare:
    """StringEqualsIgnoreCase."""
    return _of_templates(values, variables, False, _ignoring_case)


def like(values: Sequence[str], variables: bool) -> Compare:
    """StringLike: `*` and `?` are wildcards."""
    return _of_templates(values, variables, True, patterns.text_matcher)


def arn(values: Sequence[str], variables: bool) -> Compare:
    """ArnLike and ArnEquals, which are one: component by component, with wildcards."""
    return _of_templates(values, variables, True, patterns.arn_matcher)


def boolean(values: Sequence[str], variables: bool) -> Compare:
    """Bool, in whatever case."""
    wanted = frozenset(value.lower() for value in values) & {"true", "false"}
    return lambda value, context: value.lower() in wanted


def binary(values: Sequence[str], variables: bool) -> Compare:
    """BinaryEquals: base64 on both sides."""
    wanted = frozenset(_bytes(value) for value in values) - {None}
    return lambda value, context: _bytes(value) in wanted


@lru_cache(maxsize=1024)
def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})", re.ASCII)


def _number(text: str) -> Decimal | None:
    """A number, exactly; None for what is none."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _ordered(
    read: Callable[[str], T | None], holds: Callable[[T, T], bool]
) -> Callable[[Sequence[str], bool], Compare]:
    """A family whose values are read, and then compared with `holds(of the request, wanted)`."""

    def compile_values(values: Sequence[str], variables: bool) -> Compare:
        wanted = [each for each in map(read, values) if each is not None]

        def compare(value: str, context: Context) -> bool | None:
            given = read(value)
            return None if given is None else any(holds(given, each) for each in wanted)

        return compare

    return compile_values


def numeric(holds: Callable[[Decimal, Decimal], bool]) -> Callable[[Sequence[str], bool], Compare]:
    """The Numeric operators: exact decimals."""
    return _ordered(_number, holds)


def date(holds: Callable[[int, int], bool]) -> Callable[[Sequence[str], bool], Compare]:
    """The Date operators, to the millisecond."""
    return _ordered(milliseconds, holds)


@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    """An address; one of IPv4 in IPv6's dress (`::ffff:10.0.0.1`) as what it is."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def ip(values: Sequence[str], variables: bool) -> Compare:
    """IpAddress: networks of either family, or single addresses."""
    networks = [ip_network(value, strict=False) for value in values]

    @lru_cache(maxsize=256)  # clients come from few addresses, again and again
    def is_in(value: str) -> bool | None:
        address = _address(value)
        return None if address is None else any(address in network for network in networks)

    return lambda value, context: is_in(value)


def is_number(text: str) -> bool:
    """Whether Numeric operators can read a value."""
    return _number(text) is not None


def is_network(text: str) -> bool:
    """Whether IpAddress can read a value."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def is_boolean(text: str) -> bool:
    """Whether Bool and Null can read a value."""
    return text.lower() in ("true", "false")


def null(values: Sequence[str], variables: bool) -> Compare:
    """Not asked of a value: `shardline.iam.policy.conditions` answers whether the key is there."""
    wanted = frozenset(value.lower() for value in values)
    return lambda value, context: value in wanted
