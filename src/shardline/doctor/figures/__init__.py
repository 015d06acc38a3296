"""A stream's metrics over time, as `shardline report` shows them.

measures    which metrics are shown, and what of them
lines       from datapoints to lines: the latest value, the mean, the highest (pure)
table       lines as text of 80 columns (pure)
reading     asks CloudWatch and Kinesis
overview    all of it together
"""
