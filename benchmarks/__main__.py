"""Every benchmark, one after the other, and what they found in benchmarks/RESULTS.md: `make bench`.

    python -m benchmarks [NAME ...] [--results FILE] [OPTION OF THE ONE THAT IS NAMED ...]

With names, those alone: their sections are written anew and the others stay. Each section says how,
when, at which commit and beside how much other work it was measured. Each benchmark also runs by
itself: python -m benchmarks.NAME. What needs the public data sets beside the project is listed as
not run where they are not.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from benchmarks.peers import last_line

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared/data"
RESULTS = Path(__file__).with_name("RESULTS.md")
PATIENCE_S = 3600
LIBRARIES = ("numpy", "openvino", "faiss-cpu", "opencv-python-headless", "uvicorn")
ALONE = {
    "limits": (),
    "inference": (),
    "gallery": (),
    "coarse_scan": (),
    "search_peers": (),
    "records": ("100000", "128"),
    "audit": (),
    "transparency": (),
    "erasure": (),
    "gate_cost": (),
    "wire": (),
}
ON_DATA = {
    "decoding": (),
    "detection": (),
    "faces": (),
    "service": (),
    "attributes": (),
    "labels": (),
    "label_accuracy": (),
    "moderation": (),
    "equipment": (),
    "text": (),
    "bulk": (),
    "video": (),
    "tracking": (),
    "segments": (),
    "live": ("--cameras", "1", "4"),
}
INTRODUCTION = """# What the benchmarks found

Written by `python -m benchmarks` (`make bench`), never by hand. What each figure is, and how it was
taken, stands at the head of `benchmarks/NAME.py`.
"""


@dataclass(frozen=True)
class Outcome:
    command: str
    output: str
    failure: str
    wall_s: float
    cpu_s: float


def main() -> int:
    every = ALONE | ON_DATA
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(every))
    parser.add_argument("--results", type=Path, default=RESULTS)
    options, more = parser.parse_known_args()
    if more and len(options.names) != 1:
        parser.error("options of a benchmark go with its name alone")
    if unknown := {*options.names} - {*every}:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    failed = []
    for name in options.names or every:
        outcome = run(name, tuple(more) or every[name])
        write(options.results, name, section(outcome))
        failed += [name] if outcome.failure else []
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll ran.", f"See {options.results}.")
    return len(failed)


def run(name: str, options: tuple[str, ...]) -> Outcome:
    """Its output, shown as it comes and kept; and why it failed, if it did."""
    shown = " ".join(("python -m", f"benchmarks.{name}", *options))
    if name in ON_DATA and not DATA.exists():
        return Outcome(shown, "", "it needs the public data sets, which are not here", 0, 0)
    print(f"\n# {name}\n", flush=True)
    begun, cpu, lines = time.monotonic(), _children_cpu_s(), []
    with tempfile.TemporaryFile("w+") as errors:
        command = ["timeout", str(PATIENCE_S), sys.executable, "-m", f"benchmarks.{name}", *options]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT
        ) as process:
            assert process.stdout
            for line in process.stdout:
                print(line, end="", flush=True)
                lines.append(line)
        errors.seek(0)
        said = errors.read()
    failure = last_line(said) if process.returncode else ""
    if process.returncode == 124:
        failure = f"not done within {PATIENCE_S} s"
    print(failure, file=sys.stderr, flush=True)
    spent = time.monotonic() - begun, _children_cpu_s() - cpu
    return Outcome(shown, "".join(lines), failure, *spent)


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def section(outcome: Outcome) -> str:
    load = os.getloadavg()[1]
    told = (
        f"`{outcome.command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit()}; "
        f"took {outcome.wall_s:.0f} s, "
        f"{outcome.cpu_s:.0f} s of processors; load of the machine {load:.1f} "
        f"on {os.cpu_count()} processors."
    )
    failure = f"\n**Not run to its end**: {outcome.failure}\n" if outcome.failure else ""
    return f"{told}\n{failure}\n{markdown(outcome.output)}"


def markdown(output: str) -> str:
    """Tables as they are, everything else as it was printed."""
    parts = []
    for is_table, lines in groupby(output.strip().splitlines(), lambda line: line.startswith("|")):
        text = "\n".join(lines).strip("\n")
        if text:
            parts.append(text if is_table else f"```text\n{text}\n```")
    return "\n\n".join(parts) + "\n"


def write(results: Path, name: str, text: str) -> None:
    """Put the section of `name` in its place, by the order of the benchmarks."""
    old = results.read_text(encoding="utf-8") if results.exists() else ""
    found = re.split(r"^## (\w+)\n\n", old, flags=re.MULTILINE)[1:]
    sections = dict(zip(found[::2], found[1::2], strict=True)) | {name: text + "\n"}
    body = "".join(
        f"## {each}\n\n{sections[each].strip()}\n\n" for each in ALONE | ON_DATA if each in sections
    )
    missing = ", ".join(each for each in ALONE | ON_DATA if each not in sections)
    absent = f"\nNot in here yet: {missing}.\n" if missing else ""
    results.write_text(f"{INTRODUCTION}\n{hardware()}{absent}\n{body}".rstrip() + "\n", "utf-8")


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


if __name__ == "__main__":
    sys.exit(main())
