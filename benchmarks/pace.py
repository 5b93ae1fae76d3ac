"""How quick the machine is at this moment: the same three pieces of work, whoever asks.

    python -m benchmarks.pace

Taken before each benchmark of a run (benchmarks/__main__.py), it tells the machine's own drift: the
rounds of one benchmark lie seconds apart, two runs many minutes, and a virtual machine's neighbours
come and go between them. What the same work differs by, no figure can be more exact than.
"""

from __future__ import annotations

import os

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

import numpy as np

from benchmarks.agreement import PIECES
from benchmarks.clocks import in_turns

SIDE, STREAM_FLOATS, STEPS, ROUNDS = 768, 32 * 2**20, 100_000, 9


def main() -> None:
    """A line that benchmarks.agreement finds: the median of each piece, by the clock."""
    square, stream = np.ones((SIDE, SIDE), np.float32), np.ones(STREAM_FLOATS, np.float32)
    work = (
        lambda: square @ square,
        lambda: stream @ stream,
        lambda: sum(step * step for step in range(STEPS)),
    )
    took = in_turns(dict(zip(PIECES, work, strict=True)), ROUNDS)
    told = (f"{name} {1e3 * np.median(wall):.2f}" for name, (wall, _) in took.items())
    print(f"pace: {', '.join(told)} ms")


if __name__ == "__main__":
    main()
