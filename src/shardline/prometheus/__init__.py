"""The node in Prometheus's text.

families.py          every family of metrics: its name, kind and labels, and what it tells
kinesis_families.py  those that tell what AWS/Kinesis tells
numbers.py           what they are now, from the parts of a node
merging.py           the numbers of several processes as those of one
text.py              the text, written by prometheus-client
"""
