"""What the contracts' tests are run over."""

from catalog_support import shared
from real_kafka import kafka_broker

__all__ = ["kafka_broker", "shared"]
