"""The page in a real browser."""

from real_browser import browser, page

__all__ = ["browser", "page"]
