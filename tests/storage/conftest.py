"""The broker that these tests share."""

from real_kafka import kafka_broker

__all__ = ["kafka_broker"]
