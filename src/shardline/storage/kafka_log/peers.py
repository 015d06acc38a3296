"""What a log has to know of the other gateways that write to the same streams."""

from typing import Protocol


class Peers(Protocol):
    """The gateways of one cluster, this one among them."""

    def holds(self) -> bool:
        """Whether this gateway may still answer for what it knew when it sent a record."""
        ...

    async def settled(self, stream: str) -> None:
        """Return when every other gateway has reloaded the stream, or has no lease any more.

        "Reloaded" is that its `KafkaLog.reload` returned; one that has no lease acknowledges
        nothing.
        """
        ...


class NoPeers:
    """One gateway, alone."""

    def holds(self) -> bool:
        """Always."""
        return True

    async def settled(self, stream: str) -> None:
        """At once."""
