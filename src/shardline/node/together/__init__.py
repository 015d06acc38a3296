"""What the workers of one machine do together, beside what the stores see to.

meters     rates that hold for all of them together, in memory that they share
loads      the load of on-demand streams, of which all know all
metrics    what all of them counted, published before metrics are read
readings   the numbers of all on one Prometheus page
asking     to have every worker do something
workers    these, put together; nothing of it where a process is alone
"""

from shardline.node.together.workers import Together

__all__ = ["Together"]
