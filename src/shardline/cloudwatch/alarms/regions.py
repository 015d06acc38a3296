"""The names that AWS shows for its regions, which notifications carry."""

from functools import cache


@cache
def region_name(region: str) -> str:
    """`US East (N. Virginia)` for `us-east-1`; the region itself where AWS has none of it.

    Source: botocore's `partitions.json`.
    """
    from botocore.loaders import Loader  # a quarter of a server's start, if it came before

    for partition in Loader().load_data("partitions")["partitions"]:
        found = partition["regions"].get(region)
        if found:
            return str(found.get("description", region))
    return region
