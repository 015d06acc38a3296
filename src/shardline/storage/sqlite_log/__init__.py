"""The embedded record log: SQLite, one database file for each stream.

log.py          the port's methods
directory.py    what lies where on the disk; the lock
stream.py       a stream on the event loop: its queue, one group of jobs in flight
jobs.py         what can be in the queue
worker.py       what a committing thread does with it
commits.py      many writes become one transaction
reads.py        offsets and times become records
trimming.py     retention
streamfile.py   one database: connections, transactions, checkpoints
schema.py       its tables and settings
bounds.py       every bound, with its reason
"""

from shardline.storage.sqlite_log.bounds import Bounds
from shardline.storage.sqlite_log.log import SqliteLog

__all__ = ["Bounds", "SqliteLog"]
