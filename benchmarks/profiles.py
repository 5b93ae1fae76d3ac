"""Where Beholden's own time goes in a benchmark: `python -m benchmarks --profile [NAME ...]`.

py-spy samples the benchmark's process a hundred times a second; peers run in processes of their
own. Counted are samples with Beholden's code on the stack, by its innermost function; a run of a
network counts for whoever asked for it. Shares are of threads that were at work.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks import peers, results

PROFILE = Path(__file__).with_name("PROFILE.md")
USUAL = ("gallery", "faces", "labels", "text", "video")
FRAME = re.compile(r"(\S+) \(.*?/beholden/([^:()]+)(?::\d+)?\)")
RUNTIME = "engines/inference/"
SHOWN = 10
INTRODUCTION = """# Where the time goes

Written by `python -m benchmarks --profile`; how, stands at the head of `benchmarks/profiles.py`.
"""


def write(names: Sequence[str], options: Sequence[str]) -> int:
    """Profile each, and put its section into PROFILE.md; the number of those that failed."""
    if reason := peers.install(("py-spy",)):
        print(f"py-spy cannot be had: {reason}", file=sys.stderr)
        return 1
    failed = 0
    for name in names:
        text = profile(name, options)
        failed += not text
        print(text or f"{name}: no profile", flush=True)
        sections = results.read(PROFILE) | ({name: text} if text else {})
        body = "".join(f"\n## {each}\n\n{sections[each]}" for each in sorted(sections))
        PROFILE.write_text(INTRODUCTION + body, "utf-8")
    return failed


def profile(name: str, options: Sequence[str]) -> str:
    """A table of the functions with the most samples, or nothing if there are none."""
    with tempfile.NamedTemporaryFile("r", suffix=".txt") as file:
        spy = [peers.FOLDER / "bin/py-spy", "record", "--format", "raw", "--full-filenames"]
        work = [sys.executable, "-m", f"benchmarks.{name}", *options]
        command = [*spy, "--nonblocking", "--output", file.name, "--", *work]
        subprocess.run(command, check=False, cwd=results.ROOT, stdout=subprocess.DEVNULL)
        counted = count(file.read())
    total = sum(counted.values())
    rows = [f"| {n / total:.0%} | {where} |" for where, n in counted.most_common(SHOWN)]
    head = f"Commit {results.commit()}, {total:,} samples.\n\n| share | where |\n|---:|---|\n"
    return head + "\n".join(rows) + "\n" if total else ""


def count(stacks: str) -> Counter[str]:
    """Samples by the function that they count for; a stack is `frame;frame;... samples`."""
    counted: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, samples = line.rpartition(" ")
        frames = [found.groups() for found in map(FRAME.fullmatch, stack.split(";")) if found]
        own = [(name, file) for name, file in frames if not file.startswith(RUNTIME)]
        if own:
            name, file = own[-1]
            network = ", in a network" if frames[-1] != own[-1] else ""
            counted[f"`{file}` `{name}`{network}"] += int(samples)
    return counted
