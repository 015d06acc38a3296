"""The catalog on SQLAlchemy Core: `SqlCatalog`.

`sql_catalog` is the port's face, `statements` what it reads and writes, `mapping` and `schema` the
shapes, `engine` the connection and its errors, `migrate` what happens at the opening.
"""

from shardline.storage.catalog.sql_catalog import SqlCatalog

__all__ = ["SqlCatalog"]
