"""Several nodes that are one server to their clients; `node_kinds` makes them."""

from collections.abc import Sequence

from shardline.node import Node
from shardline.testing import TestServer


def nodes_of(server: TestServer) -> Sequence[Node]:
    """All nodes of a server."""
    return getattr(server.node, "all_nodes", None) or [server.node]


def endpoints_of(server: TestServer) -> Sequence[str]:
    """Where a client reaches a server."""
    return [node.endpoint for node in nodes_of(server)]
