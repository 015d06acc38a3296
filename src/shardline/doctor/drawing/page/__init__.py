"""The page that `shardline doctor --html` writes: one file, to be read offline."""

from shardline.doctor.drawing.page.page import page_html

__all__ = ["page_html"]
