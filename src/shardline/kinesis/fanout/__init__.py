"""Enhanced fan-out: subscriptions that push the records of a shard to their consumers.

subscriptions.py   all of them: one for each consumer and shard, and which of two it is
subscription.py    one of them: what it sends, and when
feeds.py           what tells the subscriptions of a shard that it has grown
events.py          what they read, once for all that are at the same place
"""
