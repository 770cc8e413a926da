"""What all lanes share: one sandbox a session for the end-to-end and the browser tests, and how properties are tried."""

import os

from hypothesis import settings

pytest_plugins = ["tests.sandboxed"]

# Shared machines stall: how long an example takes says nothing. In CI the examples are the same each time, so that what
# lands does not depend on luck; everywhere else they are new each time.
settings.register_profile("waybill", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("waybill")
