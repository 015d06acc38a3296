"""What can go wrong while a stream is copied. The texts are for whoever ran the command.

CopyError
  Refused      nothing was written, and why
  GaveUp       it stopped half-way; run again, it goes on from there
"""

DENIED = ("AccessDeniedException", "AccessDenied")
"""The error codes of a call that the caller may not make."""


class CopyError(Exception):
    """Something that copying says in its own words."""


class Refused(CopyError):
    """Nothing was written."""


class GaveUp(CopyError):
    """It stopped half-way. A second run goes on from there."""
