"""What every part of the configuration has in common, and how its fields are described."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
)
from pydantic_core import CoreSchema

T = TypeVar("T")


class _LeftOut:
    """Takes None out of what may be written: it only ever stands for a field that is not there."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        (written,) = (kind for kind in get_args(source) if kind is not NoneType)
        return handler.generate_schema(written)


Maybe = Annotated[T | None, _LeftOut()]
"""A field that may be left out, and is None then. None cannot be written."""


class Part(BaseModel):
    """A part of the configuration: closed, strict (no text becomes a number) and immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def required(
    title: str,
    description: str,
    *examples: Any,
    immutable: bool = False,
    group: str | None = None,
) -> Any:
    """A field that must be there."""
    extra: dict[str, Any] = {"x-immutable": True} if immutable else {}
    if group:
        extra["x-group"] = group
    return Field(
        title=title, description=description, examples=list(examples), json_schema_extra=extra
    )


def optional(
    title: str,
    description: str,
    *examples: Any,
    holds: Any = None,
    immutable: bool = False,
    labels: Mapping[str, str] | None = None,
    when: Mapping[str, str] | None = None,
    group: str | None = None,
) -> Any:
    """A field that may be left out; the model then has None.

    `holds` is what holds in its place, as it would be written. It is the schema's `default`, and
    not the model's, so that what a preset says can be told from what was written. `labels` names
    the values of an enum, `when` says which value of another field gives this one a meaning, and
    `group` is the heading that it stands under.
    """
    extra: dict[str, Any] = {"x-immutable": True} if immutable else {}
    if holds is not None:
        extra["default"] = holds
    if labels:
        extra["x-labels"] = dict(labels)
    if group:
        extra["x-group"] = group
    if when:
        extra["x-when"] = dict(when)
    return Field(
        None,
        title=title,
        description=description,
        examples=list(examples),
        json_schema_extra=extra,
    )


@dataclass(frozen=True, slots=True)
class _Titled:
    title: str
    labels: tuple[tuple[str, str], ...]

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        labels = {"x-labels": dict(self.labels)} if self.labels else {}
        return handler.resolve_ref_schema(handler(schema)) | {"title": self.title} | labels


def alternative(tag: str, title: str, **labels: str) -> tuple[Tag, _Titled]:
    """The metadata of a member of a union: the tag that `by_type` knows it by, its title, and what
    to call its values (`true` and `false` of a switch)."""
    return Tag(tag), _Titled(title, tuple(labels.items()))


def switch(yes: str, no: str) -> tuple[Tag, _Titled]:
    """The metadata of the member of a union that is true or false."""
    return alternative("<switch>", f"{yes}, or not", true=yes, false=no)


def by_type(tags: Mapping[type, str]) -> Discriminator:
    """Choose a member of a union by the type of what is written, so that errors are that one's.

    The first is taken for what fits none. Tags are in `<>`, so that they can be told from fields.
    """

    def choose(value: Any) -> str:
        if isinstance(value, BaseModel):
            return tags[dict]
        return tags.get(type(value), next(iter(tags.values())))

    return Discriminator(choose)
