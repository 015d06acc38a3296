"""The record log on Apache Kafka. See `shardline.storage.record_log` for the contract."""

from shardline.storage.kafka_log.log import KafkaLog

__all__ = ["KafkaLog"]
