"""How many shards a stream should have: one engine for Shardline and for AWS, pure.

    steps      what one UpdateShardCount may do, and the way to a count in such steps
    rules      what the configuration says: bounds and the utilisation that is aimed at
    load       what the metrics said: bytes and records of each minute, and how far readers are
    span       which minutes of which metrics are looked at
    history    the changes of the last 24 hours, kept in a tag of the stream
    rules_tag  the rules as another tag of it, by which a server knows that it is to scale it
    alarms     what the alarms of utilisation are for another number of shards
    decision   from all of these to a decision, with its numbers and its reason

A server of ours runs it too, and imports nothing else of the module: nothing here imports the
configuration, which would bring its library along.

Up fast, down slowly: five full minutes are enough to grow, five quiet hours are needed to shrink.
What a decision costs is bounded by AWS's limits on UpdateShardCount: at most double, at least half,
ten times in 24 hours, of which two are never used to shrink.

The rule does not flap under an even load. To grow, the load must be at 125% of the aim or more, and
at most doubles the shards: it is then at 62% of the aim or more, above the 42% that a stream must
be below to shrink. To shrink, the highest load of five hours must fit into what is left at the aim.
"""
