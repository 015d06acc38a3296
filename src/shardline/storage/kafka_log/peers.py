"""What a log has to know of the other gateways that write to the same streams."""

from typing import Protocol


class Peers(Protocol):
    """The gateways of one cluster, this one among them: `shardline.storage.members_port.Members`.

    Who seals a shard waits for every gateway that has a lease, and for no other. So a record may
    be acknowledged only if one lease was held without a break from before it was sent.
    """

    def term(self) -> int | None:
        """Names the unbroken lease that this gateway holds; None without one. From memory."""
        ...


class NoPeers:
    """One gateway, alone."""

    def term(self) -> int | None:
        """Always the same."""
        return 0
