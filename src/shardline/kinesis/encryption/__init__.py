"""Encryption at rest: which key encrypts what, and AWS's errors when one cannot be used.

    master key (key file) ── wraps ──► KMS keys (catalog) ── wrap ──► data keys (catalog, by stream)
                                                                          │ derives, per process
                                                             record keys ◄┘ ── encrypt ──► records

`references` reads the names that callers give to KMS keys, `errors` has AWS's errors, `kms` the
keys themselves, `vault` the data keys of streams, `reads` reads records of whatever kind.
The ciphers are in `shardline.storage.ciphers`; a record log calls them.
"""
