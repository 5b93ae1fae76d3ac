"""Where Beholden's own time goes in a benchmark: `python -m benchmarks --profile [NAME ...]`.

py-spy samples the benchmark and what it starts a hundred times a second. Counted are samples with
Beholden's code on the stack, by its innermost function; a run of a network counts for whoever asked
for it. Imports do not count, nor does waiting for another thread or for a socket. Of a server,
only requests count. Shares are of time by the clock, in all threads.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers, results

PROFILE = Path(__file__).with_name("PROFILE.md")
FRAME = re.compile(r"(\S+) \(.*?/beholden/([^:()]+)(?::\d+)?\)")
RUNTIME = "engines/inference/"
SPY = ("--format", "raw", "--full-filenames", "--nonblocking", "--idle", "--subprocesses")
IMPORT = "<module>"
WAITS = re.compile(r"\S+ \(.*?/(?:threading|queue|selectors|socket|subprocess)\.py(?::\d+)?\)")
SHOWN, LEAST = 10, 0.01
INTRODUCTION = """# Where the time goes

Written by `python -m benchmarks --profile`; how, stands at the head of `benchmarks/profiles.py`.
What the hardware allows beside it: RESULTS.md, `limits`.
"""


@dataclass(frozen=True)
class Profile:
    """A benchmark, with options that leave out what is not looked at; `within`: what the stacks
    that count match, which begin with the command of the process."""

    title: str
    options: tuple[str, ...] = ()
    within: str = ""


USUAL = {
    "faces": Profile("JPEG to embedding, one core", ("--alone", "--images", "200")),
    "gallery": Profile(
        "Search of a million templates, one probe at a time and a hundred at once",
        ("--only", "speed"),
    ),
    "service": Profile(
        "DetectFaces and SearchFacesByImage through the server, eight clients",
        ("--pairs", "0", "--rounds", "1"),
        r"beholden serve.*/beholden/(?:wire|gate)/",
    ),
}


def write(names: Sequence[str], options: Sequence[str]) -> int:
    """Profile each, and put its section into PROFILE.md; the number of those that failed."""
    if reason := peers.install(("py-spy",)):
        print(f"py-spy cannot be had: {reason}", file=sys.stderr)
        return 1
    failed = 0
    for name in names:
        usual = USUAL.get(name, Profile(name))
        text = profile(name, Profile(usual.title, tuple(options) or usual.options, usual.within))
        failed += not text
        print(text or f"{name}: no profile", flush=True)
        sections = results.read(PROFILE) | ({name: text} if text else {})
        body = "".join(f"\n## {each}\n\n{sections[each]}" for each in sorted(sections))
        PROFILE.write_text(INTRODUCTION + body, "utf-8")
    return failed


def profile(name: str, what: Profile) -> str:
    """A table of the functions with the most samples, or nothing if there are none."""
    with tempfile.NamedTemporaryFile("r", suffix=".txt") as file:
        spy = [peers.FOLDER / "bin/py-spy", "record", *SPY, "--output", file.name, "--"]
        command = [*spy, sys.executable, "-m", f"benchmarks.{name}", *what.options]
        subprocess.run(command, check=False, cwd=results.ROOT, stdout=subprocess.DEVNULL)
        counted = count(file.read(), what.within)
    total = sum(counted.values())
    rows = [
        f"| {n / total:.0%} | {where} |"
        for where, n in counted.most_common(SHOWN)
        if n >= LEAST * total
    ]
    asked = " ".join(("python -m benchmarks --profile", name))
    head = f"{what.title}: `{asked}`, commit {results.commit()}, {total:,} samples.\n\n"
    return f"{head}| share | where |\n|---:|---|\n" + "\n".join(rows) + "\n" if total else ""


def count(stacks: str, within: str = "") -> Counter[str]:
    """Samples by the function that they count for; a stack is `frame;frame;... samples`, the first
    frames being the processes."""
    counted: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, samples = line.rpartition(" ")
        calls = stack.split(";")
        frames = [found.groups() for found in map(FRAME.fullmatch, calls) if found]
        own = [(name, file) for name, file in frames if not file.startswith(RUNTIME)]
        importing = any(name == IMPORT for name, _ in frames)
        counts = re.search(within, stack) and not WAITS.fullmatch(calls[-1])
        if own and counts and not importing:
            name, file = own[-1]
            network = ", in a network" if frames[-1] != own[-1] else ""
            counted[f"`{file}` `{name}`{network}"] += int(samples)
    return counted
