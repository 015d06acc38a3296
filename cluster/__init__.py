"""Real services on this machine: Apache Kafka and PostgreSQL, for the tests and `scripts/cluster`.

Not part of the package: it stands beside it, as `bench` does.
"""


class Missing(Exception):
    """A program that has to be on this machine is not; the message says what to install."""
