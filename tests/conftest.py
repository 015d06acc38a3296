"""How every test runs."""

import os

from hypothesis import settings

# In CI the examples are the same each time: what it says of a change depends on the change alone.
# Elsewhere they are new each time, which is where new faults are found.
settings.register_profile("ci", derandomize=True, print_blob=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
