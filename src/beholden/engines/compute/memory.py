"""How much memory a process has taken, as Linux tells it."""

from __future__ import annotations

import re
from pathlib import Path

# What is its own, in memory and swapped out; files that it shares with others, such as the weights
# of networks, are not.
OWN = re.compile(r"^(?:RssAnon|VmSwap):\s*(\d+) kB$", re.MULTILINE)


def own_memory_bytes(pid: int) -> int:
    """0 where it cannot be told: of a process that has ended, and on other systems."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return 1024 * sum(map(int, OWN.findall(status)))
