"""Where a PostgreSQL database is, and how every part of a node connects to it.

A place is told by a URL of libpq (`postgresql://user@host:port/database?sslmode=verify-full`), to
which we add `schema=NAME`: several clusters in one database have a schema each. What the URL leaves
out comes from libpq's environment (PGPASSWORD, PGSERVICE, PGSSLROOTCERT) and its password file.

Every connection gives up on a server that is gone: connecting, a statement, a lock, and a
transaction that its process does not go on with, each have a bound. And the server gives up on a
process that is gone, with the locks of its session: so somebody else can be on duty.
"""

import re
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

EXAMPLE: Final = "postgresql://user@host/database"
MAKING_LOCK: Final = 0x53484152444C4E45
"""The lock of a database ("SHARDLNE") under which schemas and tables are made."""

_SCHEMA: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
# Of libpq: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_PARAMETERS: Final = {
    "application_name": "shardline",
    "connect_timeout": "3",  # seconds, for each address
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "5000",  # milliseconds
}
_SETTINGS: Final = {
    "lock_timeout": "5s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "15s",
    "client_min_messages": "warning",
    # The server's own, of which the system's default is two hours. Seconds; none on a Unix socket.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "5s",
}


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """A database, or a schema in it. Its text and `repr` have no password."""

    conninfo: str = field(repr=False)  # libpq's `key=value` form, with the password
    schema: str | None  # None for the one that the database gives its user
    shown: str  # for messages

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URL. Raises ValueError with what would be right, not with what was given."""
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict, make_conninfo

        try:
            parts = urlsplit(text)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            schema = query.pop("schema", None)
            plain = parts._replace(query=urlencode(query, quote_via=quote)).geturl()
            if parts.scheme not in ("postgresql", "postgres"):
                raise ValueError
            given = conninfo_to_dict(plain)
        except (ValueError, ProgrammingError):  # whose text may show the password
            raise ValueError(f"it is not a URL such as {EXAMPLE}") from None
        if schema is not None and not _SCHEMA.fullmatch(schema):
            raise ValueError("a schema's name has 1 to 63 small letters, digits and _")
        settings = _SETTINGS if schema is None else {**_SETTINGS, "search_path": schema}
        options = [f"-c {name}={value}" for name, value in settings.items()]
        all_options = " ".join([*options, str(given.pop("options", ""))]).strip()
        conninfo = make_conninfo(
            **{**_PARAMETERS, **{name: str(value) for name, value in given.items()}},
            options=all_options,
        )
        where = f"{given.get('host', '')}:{given.get('port', '')}".strip(":") or "this machine"
        if "service" in given:
            where = f"service {given['service']}"
        database = given.get("dbname", "")
        shown = f"PostgreSQL, {where}/{database}" + (f", schema {schema}" if schema else "")
        return cls(conninfo, schema, shown)

    def __str__(self) -> str:
        """What messages say."""
        return self.shown
