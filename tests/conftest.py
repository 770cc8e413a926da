"""Fixtures that several lanes share: one sandbox a session serves the end-to-end and the browser tests."""

pytest_plugins = ["tests.sandboxed"]
