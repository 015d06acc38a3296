"""What the contracts' tests are run over."""

from catalog_support import shared

__all__ = ["shared"]
