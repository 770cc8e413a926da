"""What all lanes share: one sandbox a session for the end-to-end and the browser tests, and how properties are tried."""

import os
from functools import cache, partial

import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import settings
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

pytest_plugins = ["tests.sandboxed"]

# Shared machines stall: how long an example takes says nothing. In CI the examples are the same each time, so that what
# lands does not depend on luck; everywhere else they are new each time.
settings.register_profile("waybill", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("waybill")

# Each test makes its clients anew, and each of their sessions would parse botocore's descriptions of the services again.
_described = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
JSONFileLoader.load_file = lambda self, file_path: _described(file_path)  # type: ignore[method-assign]


class OneSandbox(LoadScopeScheduling):  # type: ignore[misc]
    """Which tests run in one process: all with the sandbox, for there is one, and the tests of any other file, for they share
    what it sets up.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "sandbox" if file.startswith(("tests/e2e/", "tests/browser/")) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneSandbox:
    return OneSandbox(config, log)
