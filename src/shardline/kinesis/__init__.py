"""Kinesis Data Streams: the pure rules of the domain, and the operations made from them.

The rules (everything but `book` and `operations`) are functions of their arguments: they open
nothing, read no clock and know no settings. Random bytes, keys and times are handed in.
"""
