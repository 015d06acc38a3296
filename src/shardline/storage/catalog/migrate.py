"""Opening a catalog: an empty one is made, an old one is migrated, any other is refused.

The revision of a store is in Alembic's own table. Alembic takes 0.2 s to import, so without it an
up-to-date store is recognised, and an empty one is filled from the metadata; tests hold that the
migrations end at `HEAD` and make the same tables as the metadata.

A new revision is a numbered file in `migrations/versions/` and a new `HEAD`. It runs in one
transaction: a migration that fails, or a crash, leaves the store as it was.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    delete,
    insert,
    inspect,
    select,
)

from shardline import __version__
from shardline.storage.catalog import change_statements
from shardline.storage.catalog.engine import Dialect, reading
from shardline.storage.catalog.schema import meta, metadata
from shardline.storage.record_log import StorageError, StoreUnusable

if TYPE_CHECKING:
    from alembic.config import Config

HEAD: Final = "0010"
SCRIPTS: Final = Path(__file__).with_name("migrations")

# As Alembic defines it; not in our metadata, which Alembic compares with what it manages.
_revisions: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def bring_up_to_date(engine: Engine, store: str, dialect: Dialect) -> None:
    """Give the store the tables of `HEAD`. `store` names it in messages.

    Raises `StoreUnusable`, having touched nothing, when the store is not one of ours or newer.
    """
    try:
        with reading(engine, store) as db:
            revision = _require_ours(db, store)
        dialect.make_ready(engine)
        if revision != HEAD:
            _migrate(engine, store, dialect)
    except StoreUnusable:
        raise
    except StorageError as error:
        raise StoreUnusable(str(error)) from error


def require_up_to_date(engine: Engine, store: str, dialect: Dialect) -> None:
    """Refuse a store that would have to be made or migrated. Nothing is touched.

    Raises `StoreUnusable`, as `bring_up_to_date` does too.
    """
    try:
        with reading(engine, store) as db:
            revision = _require_ours(db, store)
    except StoreUnusable:
        raise
    except StorageError as error:
        raise StoreUnusable(str(error)) from error
    if revision is None:
        raise StoreUnusable(f"{store} is not there: start a server with it once")
    if revision != HEAD:
        raise StoreUnusable(
            f"{store} is of an older Shardline (revision {revision}, and this one has {HEAD}): "
            "start a server of this one with it once"
        )
    dialect.make_ready(engine)


def upgrade(db: Connection) -> None:
    """Run the migrations from the store's revision to `HEAD`, in the caller's transaction."""
    from alembic import command

    config = alembic_config()
    config.attributes["connection"] = db
    command.upgrade(config, "head")


def create(db: Connection) -> None:
    """Make the tables of `HEAD` in an empty store, in the caller's transaction."""
    metadata.create_all(db)
    change_statements.begin(db)
    _revisions.create(db)
    db.execute(insert(_revisions).values(version_num=HEAD))


def _require_ours(db: Connection, store: str) -> str | None:
    """The revision of the store; None before the first one. Refuses a store that is not ours."""
    tables = set(inspect(db).get_table_names())
    if not tables:
        return None
    if _revisions.name not in tables:
        raise StoreUnusable(f"{store} is not a catalog of Shardline: it holds other tables")
    revision = db.scalar(select(_revisions.c.version_num))
    if revision in (None, HEAD) or revision in _known_revisions():
        return revision
    made_by = db.scalar(select(meta.c.value).where(meta.c.name == "made_by"))
    raise StoreUnusable(
        f"{store} was made by a newer Shardline ({made_by}, revision {revision}); this one is "
        f"{__version__} and knows up to {HEAD}: upgrade it"
    )


def _migrate(engine: Engine, store: str, dialect: Dialect) -> None:
    with dialect.migrating(engine, store) as db:
        # Another process may have been first while this one waited for its turn.
        if (
            _require_ours(db, store) is None
            and _revisions.name not in inspect(db).get_table_names()
        ):
            create(db)
        else:
            upgrade(db)
        db.execute(delete(meta).where(meta.c.name == "made_by"))
        db.execute(insert(meta).values(name="made_by", value=f"shardline {__version__}"))


def _known_revisions() -> set[str]:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(alembic_config())
    return {script.revision for script in scripts.walk_revisions()}


def alembic_config() -> "Config":
    """Alembic told where the migrations are."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
