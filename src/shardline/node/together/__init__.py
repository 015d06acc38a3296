"""What several processes do together, beside what the stores see to.

meters     rates that hold for all workers of a machine together, in memory that they share
told_meters  the same for gateways, which tell each other what they took
loads      the load of on-demand streams, of which all know all
metrics    what all of them counted, published before metrics are read
readings   the numbers of all workers on one Prometheus page
asking     to have every process do something
workers    these, put together; nothing of it where a process is alone
"""

from shardline.node.together.workers import Together

__all__ = ["Together"]
