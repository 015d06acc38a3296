"""What the catalog reads and writes of the KMS keys, within a transaction of the caller."""

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shardline.storage.catalog.schema import access_keys, changes, kms_keys
from shardline.storage.catalog_port import Conflict, NameTaken, OtherMaster
from shardline.storage.entities import KmsKey, KmsKeyState

_MEMBERS = [column for column in kms_keys.columns if column.name != "master"]


def master_key(db: Connection) -> str | None:
    """The fingerprint of the master key that wraps the KMS keys and the access keys' secrets."""
    for table in (kms_keys, access_keys):
        found: str | None = db.scalar(select(table.c.master).limit(1))
        if found is not None:
            return found
    return None


def require_master(db: Connection, master: str) -> None:
    """Raise `OtherMaster` if something is wrapped by another master key."""
    # Under the lock of whoever counts a change, so that no two wrap the first thing at once.
    db.execute(select(changes.c.number).with_for_update())
    if master_key(db) not in (None, master):
        raise OtherMaster("what the catalog holds is wrapped by another master key")


def load_kms_keys(db: Connection) -> list[KmsKey]:
    """Every KMS key, oldest first."""
    in_order = select(*_MEMBERS).order_by(kms_keys.c.created_ms, kms_keys.c.id)
    return [KmsKey(**row) for row in db.execute(in_order).mappings()]


def insert_kms_key(db: Connection, key: KmsKey, master: str) -> None:
    """Add a KMS key. Raises `NameTaken`, `OtherMaster`."""
    require_master(db, master)
    row = {column.name: getattr(key, column.name) for column in _MEMBERS}
    try:
        with db.begin_nested():
            db.execute(insert(kms_keys).values(**row, master=master))
    except IntegrityError as error:
        same_alias = select(kms_keys.c.id).where(
            kms_keys.c.account == key.account,
            kms_keys.c.region == key.region,
            kms_keys.c.alias == key.alias,
        )
        if db.scalar(same_alias) is None:
            raise
        raise NameTaken(f"{key.account}/{key.region}/{key.alias}") from error


def set_kms_key_state(db: Connection, key_id: str, state: KmsKeyState) -> None:
    """Change the state of a KMS key. Raises `Conflict`."""
    changed = db.execute(update(kms_keys).where(kms_keys.c.id == key_id).values(state=state))
    if changed.rowcount != 1:
        raise Conflict(f"there is no KMS key {key_id}")


def remove_kms_key(db: Connection, key_id: str) -> None:
    """Remove a KMS key. Raises `Conflict` unless it is PENDING_DELETION."""
    pending = kms_keys.c.state == "PENDING_DELETION"
    if db.execute(delete(kms_keys).where(kms_keys.c.id == key_id, pending)).rowcount != 1:
        raise Conflict(f"there is no KMS key {key_id} that is pending deletion")
