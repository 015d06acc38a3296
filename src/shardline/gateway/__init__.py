"""Bytes to calls and back: the HTTP server, the pipeline, signatures, AWS's protocols."""
