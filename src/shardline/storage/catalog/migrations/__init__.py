"""The catalog's migrations, run by `shardline.storage.catalog.migrate`."""
