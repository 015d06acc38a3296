"""What is said to PostgreSQL of leases; see `shardline.storage.members.postgres`."""

from typing import Final

TOLD: Final = "told"
SAW: Final = "saw"
SAY: Final = "say"  # of `postgres_bus`
CHANNEL: Final = "'shardline_' || current_schema()"
LOCK: Final = "hashtextextended('shardline duties ' || current_schema(), 0)"

MAKE: Final = f"""
DO $$ BEGIN
    PERFORM pg_advisory_xact_lock({LOCK} + 1);
    CREATE UNLOGGED TABLE IF NOT EXISTS members (
        id text PRIMARY KEY, until timestamptz NOT NULL, seen bigint NOT NULL
    ) WITH (fillfactor = 50);
    DELETE FROM members WHERE until < clock_timestamp() - interval '1 minute';
END $$
"""
PROMISE: Final = """
INSERT INTO members VALUES (
    %(id)s, clock_timestamp() + make_interval(secs => %(lease_s)s), %(seen)s
)
ON CONFLICT (id) DO UPDATE SET until = excluded.until
"""
PROMISE_AGAIN: Final = """
UPDATE members SET until = clock_timestamp() + make_interval(secs => %(lease_s)s)
WHERE id = %(id)s
"""
LAST: Final = "SELECT number FROM changes"  # the catalog's, which counts its changes there
SEEN: Final = f"""
UPDATE members SET seen = %(seen)s WHERE id = %(id)s
RETURNING pg_notify({CHANNEL}, '{SAW} ' || id)
"""
OTHERS: Final = """
SELECT seen, extract(epoch FROM until - clock_timestamp())::float8 FROM members
WHERE id <> %(id)s AND until > clock_timestamp()
"""
LEAVE: Final = f"""
DELETE FROM members WHERE id = %(id)s RETURNING pg_notify({CHANNEL}, '{SAW} ' || id)
"""
