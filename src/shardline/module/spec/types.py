"""The types of the fields, as pydantic checks them and as JSON Schema shows them.

A check raises `Wrong`: what is wrong, and what would be right. Both are whole phrases, since they
are what people read.
"""

import unicodedata
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shardline.module.spec import names, quantities
from shardline.module.spec.names import Text
from shardline.module.spec.quantities import Quantity


def wrong(what: str, right: str) -> PydanticCustomError:
    """The error of a check: what is wrong, and what would be right."""
    return PydanticCustomError("wrong", "{wrong}; {right}", {"wrong": what, "right": right})


def example(examples: tuple[str, ...]) -> str:
    """`write …, such as …`."""
    return "write, for example, " + " or ".join(examples[:2])


def _is_text(value: Any, right: str) -> str:
    """Refuse what YAML made something else of than a text."""
    if isinstance(value, str):
        return value
    raise wrong(f"{shown(value)} is {kind_of(value)}, not a text", right)


def kind_of(value: Any) -> str:
    """What YAML made of it, in words."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list | tuple) else "a group of fields"


def shown(value: Any) -> str:
    """A value as a message shows it: short, and as it is written in YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list | tuple):
        return "this"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def text(kind: Text) -> tuple[BeforeValidator, WithJsonSchema]:
    """The metadata of a field that holds such a text."""

    def check(value: Any) -> str:
        given = _is_text(value, example(kind.examples))
        if fault := kind.fault(given):
            raise wrong(fault, example(kind.examples))
        return given

    return BeforeValidator(check), WithJsonSchema(kind.schema())


def quantity(kind: Quantity) -> tuple[BeforeValidator, WithJsonSchema]:
    """The metadata of a field that holds such a quantity."""

    def check(value: Any) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise wrong(
                f"{value} has no unit",
                f"write it with {' or '.join(kind.units)}, for example {kind.examples[0]}",
            )
        given = _is_text(value, example(kind.examples))
        try:
            kind.parse(given)
        except ValueError as error:
            raise wrong(
                str(error), f"{kind.span()} is possible; {example(kind.examples)}"
            ) from None
        return given

    return BeforeValidator(check), WithJsonSchema(kind.schema())


def _check_unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    for place, value in enumerate(values):
        if value in values[:place]:
            raise wrong(f"{shown(value)} is in the list twice", "leave one of them out")
    return values


class _UniqueItems:
    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_check_unique, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"uniqueItems": True}


UNIQUE = _UniqueItems()
"""Of a list that nothing is in it twice."""

StreamName = Annotated[str, *text(names.STREAM)]
RegionName = Annotated[str, *text(names.REGION)]
ConsumerName = Annotated[str, *text(names.CONSUMER)]
KmsKey = Annotated[str, *text(names.KMS_KEY)]
Notify = Annotated[str, *text(names.NOTIFY)]
Principal = Annotated[str, *text(names.PRINCIPAL)]
RoleName = Annotated[str, *text(names.ROLE)]
Trusted = Annotated[str, *text(names.TRUSTED)]
Retention = Annotated[str, *quantity(quantities.RETENTION)]
RecordSize = Annotated[str, *quantity(quantities.RECORD_SIZE)]
Target = Annotated[str, *quantity(quantities.TARGET)]


_SYMBOLS = frozenset("_.:/=+-@")
_TAG_RIGHT = "letters, digits, spaces and _ . : / = + - @ are possible"
RESERVED_TAGS = ("aws:", "shardline:module")


def _check_tag_text(given: str, longest: int) -> str:
    if len(given) > longest:
        raise wrong(f"has {len(given):,} characters", f"{longest} is the most")
    for char in given:
        if char not in _SYMBOLS and unicodedata.category(char)[0] not in "LNZ":
            raise wrong(f"{char!r} cannot be in a tag", _TAG_RIGHT)
    return given


def _check_tag_key(value: Any) -> str:
    given = _check_tag_text(_is_text(value, "write it in quotes"), names.LONGEST_TAG_KEY)
    if not given:
        raise wrong("a tag's key is empty", "give it a name")
    for prefix in RESERVED_TAGS:
        if given.startswith(prefix):
            raise wrong(f"{given!r} begins with {prefix}, which is reserved", "choose another key")
    return given


def _check_tag_value(value: Any) -> str:
    quoted = "write a text"
    if isinstance(value, int | float):
        quoted = f'write it in quotes: "{shown(value)}"'
    return _check_tag_text(_is_text(value, quoted), names.LONGEST_TAG_VALUE)


TagKey = Annotated[str, BeforeValidator(_check_tag_key)]
TagValue = Annotated[str, BeforeValidator(_check_tag_value)]
