"""benchmarks/RESULTS.md: its sections, read and written."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from benchmarks.agreement import drift

ROOT = Path(__file__).parents[1]
LIBRARIES = ("numpy", "openvino", "faiss-cpu", "opencv-python-headless", "uvicorn")
INTRODUCTION = """# What the benchmarks found

Written by `python -m benchmarks` (`make bench`), never by hand. What each figure is, and how it was
taken, stands at the head of `benchmarks/NAME.py`. Whether two runs agree: `python -m benchmarks
--compare OLD NEW`; each section says how far it agrees with the one that stood in its place.

Noise: brackets hold the least and the most of a figure's rounds, which lie seconds apart. Over
minutes the machine itself drifts: the slowest of the same work (`pace`, before each benchmark) took
{drift:.2f} times as long as the quickest, and no figure of time, or quotient of two, is more exact.
"""


def read(results: Path) -> dict[str, str]:
    """Sections by the name of their benchmark."""
    old = results.read_text(encoding="utf-8") if results.exists() else ""
    found = re.split(r"^## (\w+)\n\n", old, flags=re.MULTILINE)[1:]
    return {name: text.strip() + "\n" for name, text in zip(found[::2], found[1::2], strict=True)}


def write(
    results: Path, sections: dict[str, str], order: Sequence[str], usual: Sequence[str]
) -> None:
    body = "".join(f"## {name}\n\n{sections[name]}\n" for name in order if name in sections)
    missing = ", ".join(name for name in usual if name not in sections)
    absent = f"\nNot in here yet: {missing}.\n" if missing else ""
    introduction = INTRODUCTION.format(drift=drift(sections.values()))
    results.write_text(f"{introduction}\n{hardware()}{absent}\n{body}".rstrip() + "\n", "utf-8")


def markdown(output: str) -> str:
    """Tables and pictures as they are, everything else as it was printed."""
    parts = []
    lines = output.strip().splitlines()
    for is_markdown, group in groupby(lines, lambda line: line.startswith(("|", "!["))):
        text = "\n".join(group).strip("\n")
        if text:
            parts.append(text if is_markdown else f"```text\n{text}\n```")
    return "\n\n".join(parts) + "\n"


def hardware() -> str:
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", info)
    flags = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if f" {flag} " in info]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    rows = {
        "Processor": f"{model[1] if model else platform.processor()}, {os.cpu_count()} cores, "
        f"{', '.join(flags)}",
        "Memory": f"{memory:.0f} GiB",
        "System": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "Libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }
    return "| | |\n|---|---|\n" + "".join(f"| {key} | {value} |\n" for key, value in rows.items())


def commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    return done.stdout.strip() or "unknown"
