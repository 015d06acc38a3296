"""What the workers of one machine do together, beside what the stores see to.

meters     rates that hold for all of them together, in memory that they share
loads      the load of on-demand streams, told to the one that scales them
metrics    what all of them counted, published before metrics are read
workers    these, put together; nothing of it where a process is alone
"""

from shardline.node.together.workers import Together

__all__ = ["Together"]
