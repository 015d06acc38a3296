"""The operations of Kinesis: one method per operation of AWS's API, a file per subject."""
