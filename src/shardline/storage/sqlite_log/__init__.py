"""The embedded record log: SQLite, one database file for each stream.

log.py          the port's methods
directory.py    what lies where on the disk; the lock
stream.py       a stream on the event loop: its queue, one group of jobs in flight
jobs.py         what can be in the queue
shared_stream.py  the same where several processes have the log open
turns.py        whose turn it is to write, and what the others need to know
worker.py       what a committing thread does with it
commits.py      many writes become one transaction
reads.py        offsets and times become records
trimming.py     retention
streamfile.py   one database: connections, transactions, checkpoints
schema.py       its tables and settings
bounds.py       every bound, with its reason
"""

from shardline.storage.sqlite_log.bounds import Bounds
from shardline.storage.sqlite_log.directory import claimed
from shardline.storage.sqlite_log.log import SqliteLog
from shardline.storage.sqlite_log.shared_stream import Sharing

__all__ = ["Bounds", "Sharing", "SqliteLog", "claimed"]
