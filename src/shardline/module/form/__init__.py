"""The page that `shardline form` writes: one file, drawn from the schema alone."""

from shardline.module.form.page import page

__all__ = ["page"]
