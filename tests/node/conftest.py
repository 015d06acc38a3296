"""What several files of tests of whole nodes use."""

from node.adopted_support import gateways

__all__ = ["gateways"]
