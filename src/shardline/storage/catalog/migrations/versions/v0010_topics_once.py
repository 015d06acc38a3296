"""A topic is one stream: two processes that adopt it at one time may have seen none yet."""

import sqlalchemy as sa
from alembic import op

from shardline.storage.record_log import StoreUnusable

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Let a topic be there once. Raises `StoreUnusable` where it is twice."""
    twice = "SELECT topic FROM streams GROUP BY topic HAVING topic IS NOT NULL AND count(*) > 1"
    if (topic := op.get_bind().scalar(sa.text(twice))) is not None:
        raise StoreUnusable(
            f"Kafka's topic {topic} is two streams of this catalog: delete one of them by the "
            "Shardline that it was made with"
        )
    op.create_index("uq_streams_topic", "streams", ["topic"], unique=True)
