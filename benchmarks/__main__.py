"""Every benchmark, one after the other: `make bench`. Each runs alone: python -m benchmarks.X.

What needs the public data sets beside the project is left out where they are not.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).parents[2] / "shared/data"
ALONE = (("inference",), ("gallery",), ("records", "100000", "128"), ("audit",), ("bulk",))
ON_DATA = (
    ("decoding",),
    ("detection",),
    ("faces",),
    ("service",),
    ("attributes",),
    ("labels",),
    ("text",),
    ("label_accuracy",),
    ("moderation",),
    ("equipment",),
    ("live", "--cameras", "1", "4"),
)


def main() -> int:
    chosen = ALONE + (ON_DATA if DATA.exists() else ())
    failed = [name for name, *options in chosen if _run(name, options)]
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll ran.")
    return len(failed)


def _run(name: str, options: list[str]) -> int:
    print(f"\n# {name}\n", flush=True)
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *options], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
