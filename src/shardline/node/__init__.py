"""A node, put together from its settings: the only place that knows every part.

stores         the stores that a node keeps everything in, and its keys, opened
records        where the records are
parts          what works on them: the services, their APIs, and the chores that are done by time
scaling/       the scaler of the streams whose tag asks for it
root_calls     calls that a node makes of itself
first_streams  the streams that the settings want to be there from the start
neighbours     how others on this machine find a node, and its certificate
node           a node that runs
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shardline.node.node import Node

__all__ = ["Node"]


def __getattr__(name: str) -> Any:
    """Import the whole of a node only for who runs one: the parent of several does not."""
    if name == "Node":
        from shardline.node.node import Node

        return Node
    raise AttributeError(name)
