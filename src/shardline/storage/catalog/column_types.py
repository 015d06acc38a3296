"""The types of the catalog's columns for which SQLite and PostgreSQL are told different things."""

from typing import Any, Final

from sqlalchemy import BigInteger, Dialect, Integer, types
from sqlalchemy.types import TypeDecorator

# SQLite compares text by its code points; PostgreSQL as its locale does, unless it is told.
Text: Final = types.Text().with_variant(types.Text(collation="C"), "postgresql")

# The number that the database gives a row: SQLite's INTEGER PRIMARY KEY, of 64 bits too.
Counted: Final = BigInteger().with_variant(Integer(), "sqlite")

_ESCAPE: Final = "\ufffe"  # no character: no text of anybody has it


class FreeText(TypeDecorator[str]):
    """Text of a client that may hold any character. PostgreSQL stores none that is zero, which
    stands there as `U+FFFE 0`; and that first one as `U+FFFE 1`."""

    impl = types.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """The column's own type."""
        return dialect.type_descriptor(
            types.Text(collation="C") if dialect.name == "postgresql" else types.Text()
        )

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is stored."""
        if value is None or dialect.name != "postgresql":
            return value
        return value.replace(_ESCAPE, f"{_ESCAPE}1").replace("\0", f"{_ESCAPE}0")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """What was given."""
        if value is None or dialect.name != "postgresql":
            return value
        return value.replace(f"{_ESCAPE}0", "\0").replace(f"{_ESCAPE}1", _ESCAPE)
