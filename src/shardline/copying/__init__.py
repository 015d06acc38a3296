"""Streams copied with their records from one place to another: Shardline, AWS, or the like.

    plan ──► making        what the destination has to be (pure), and the calls that make it so
    copier ──► lane        every source shard, parents before children; one shard, a step at a time
      lane ──► cursor      reads a page
           ──► requests    parts it in requests of PutRecords (pure)
           ──► journal     says on disk what is about to be sent, and what has arrived
           ──► sender      sends one until every record has arrived, and looks where that is unknown
    verifying ──► comparison   reads both sides again, and compares (pure)

It is a client of Kinesis's API like any other. What is promised is in docs/copy.md.
"""
