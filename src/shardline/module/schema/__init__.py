"""The JSON Schema of `stream.yaml`, and what is made from it."""

from shardline.module.schema.schema import schema

__all__ = ["schema"]
