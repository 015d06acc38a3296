"""The two ports (records, everything else) and what implements them."""
