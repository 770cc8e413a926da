"""The engine's process: patch it, then start it. Run by the engine's own interpreter (`sandbox.engine` starts it)."""

from __future__ import annotations

from ministack import app

from sandbox import patches


def main() -> None:
    patches.apply()
    app.main()


if __name__ == "__main__":
    main()
