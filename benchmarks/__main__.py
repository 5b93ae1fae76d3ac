"""Every benchmark, one after the other, and what they found in benchmarks/RESULTS.md: `make bench`.

    python -m benchmarks [NAME ...] [--results FILE] [OPTION OF THE ONE THAT IS NAMED ...]
    python -m benchmarks --compare OLD NEW
    python -m benchmarks --profile [NAME ...]

With names, those alone: their sections are written anew and the others stay. One that takes long
runs only when it is named, and some of the others for less than they can; each section has its
command, and the head of `benchmarks/NAME.py` the options of the whole. Each section says how, when,
at which commit and beside how much other work it was measured, and how far its figures agree with
those that it replaces (benchmarks/agreement.py). --compare says the same of two files of results.
--profile says where Beholden's own time goes, in benchmarks/PROFILE.md. Each benchmark also runs by
itself: python -m benchmarks.NAME. What needs the public data sets beside the project is listed as
not run where they are not.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import profiles, results
from benchmarks.agreement import agreement, drift
from benchmarks.peers import last_line

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared/data"
RESULTS = Path(__file__).with_name("RESULTS.md")
PATIENCE_S = 900
CLIPS = ("facenet_pytorch_faces.mp4", "intel_one_by_one_30s.mp4")
NAMED = 5


@dataclass(frozen=True)
class Benchmark:
    """`counts`: whether a figure that does not say how it was found was counted, or else measured
    once (benchmarks/agreement.py). `by_name`: run only when it is named, being long."""

    options: tuple[str, ...] = ()
    on_data: bool = False
    counts: bool = True
    by_name: bool = False


BENCHMARKS = {
    "limits": Benchmark(),
    "inference": Benchmark(),
    "gallery": Benchmark(),
    "coarse_scan": Benchmark(),
    "growth": Benchmark(),
    "search_peers": Benchmark(),
    "records": Benchmark(("100000", "128")),
    "audit": Benchmark(),
    "transparency": Benchmark(),
    "erasure": Benchmark(),
    "gate_cost": Benchmark(counts=False),
    "wire": Benchmark(counts=False),
    "decoding": Benchmark(on_data=True),
    "detection": Benchmark(on_data=True),
    "faces": Benchmark(on_data=True),
    "face_shortcuts": Benchmark(on_data=True, by_name=True),
    "service": Benchmark(on_data=True, counts=False),
    "attributes": Benchmark(on_data=True),
    "labels": Benchmark(on_data=True),
    "label_accuracy": Benchmark(on_data=True),
    "moderation": Benchmark(("imagenet40", "samples", "ppe"), on_data=True),
    "equipment": Benchmark(on_data=True),
    "hand_covers": Benchmark(on_data=True),
    "text": Benchmark(on_data=True),
    "bulk": Benchmark(on_data=True),
    "video": Benchmark(tuple(f"../shared/data/videos/{name}" for name in CLIPS), on_data=True),
    "one_pass": Benchmark(on_data=True),
    "long_video": Benchmark(("--hours", "0.1"), on_data=True),
    "tracking": Benchmark(on_data=True),
    "segments": Benchmark(on_data=True),
    "live": Benchmark(("--cameras", "1", "4", "8"), on_data=True, counts=False),
}
USUAL = [name for name, benchmark in BENCHMARKS.items() if not benchmark.by_name]


@dataclass(frozen=True)
class Outcome:
    """`pace`: how quick the machine was just before."""

    command: str
    pace: str
    output: str
    failure: str
    wall_s: float
    cpu_s: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("OLD", "NEW"))
    parser.add_argument("--profile", action="store_true")
    options, more = parser.parse_known_args()
    if more and len(options.names) != 1:
        parser.error("options of a benchmark go with its name alone")
    if unknown := {*options.names} - {*BENCHMARKS}:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    if options.compare:
        return compare(*map(results.read, options.compare))
    if options.profile:
        return profiles.write(options.names or list(profiles.USUAL), more)
    failed = []
    for name in options.names or USUAL:
        outcome = run(name, tuple(more) or BENCHMARKS[name].options)
        sections = results.read(options.results)
        sections[name] = section(name, outcome, sections)
        results.write(options.results, sections, list(BENCHMARKS), USUAL)
        failed += [name] if outcome.failure else []
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll ran.", f"See {options.results}.")
    return len(failed)


def run(name: str, options: tuple[str, ...]) -> Outcome:
    """Its output, shown as it comes and kept; and why it failed, if it did."""
    shown = " ".join(("python -m", f"benchmarks.{name}", *options))
    if BENCHMARKS[name].on_data and not DATA.exists():
        return Outcome(
            shown, "no pace taken", "", "it needs the public data sets, which are not here", 0, 0
        )
    print(f"\n# {name}\n", flush=True)
    pace = subprocess.check_output(
        [sys.executable, "-m", "benchmarks.pace"], text=True, cwd=ROOT
    ).strip()
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
    return Outcome(shown, pace, "".join(lines), failure, *spent)


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def section(name: str, outcome: Outcome, before: dict[str, str]) -> str:
    load = os.getloadavg()[1]
    told = (
        f"`{outcome.command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {results.commit()}; "
        f"took {outcome.wall_s:.0f} s, "
        f"{outcome.cpu_s:.0f} s of processors; load of the machine {load:.1f} "
        f"on {os.cpu_count()} processors; {outcome.pace}.\n"
    )
    body = results.markdown(outcome.output)
    failure = f"\n**Not run to its end**: {outcome.failure}\n" if outcome.failure else ""
    return f"{told}{_beside(name, told, body, before)}{failure}\n{body}"


def _beside(name: str, told: str, body: str, before: dict[str, str]) -> str:
    """How far the figures agree with those that stood there, if the same command found them."""
    old, _, figures = before.get(name, "").partition("\n")
    command, _, when = old.partition(";")[0].partition(", ")
    if not told.startswith(f"{command}, "):
        return ""
    found = agreement(figures, body, BENCHMARKS[name].counts, drift([told, *before.values()]))
    return f"Beside the run of {when}: {found}.\n"


def compare(old: dict[str, str], new: dict[str, str]) -> int:
    """Print how far two runs agree; the number of benchmarks that do not."""
    apart, drifted = 0, drift([*old.values(), *new.values()])
    print(f"The machine's own drift over both: {drifted:.2f} times.")
    for name, benchmark in BENCHMARKS.items():
        if name in old and name in new:
            bodies = (each[name].partition("\n\n")[2] for each in (old, new))
            found = agreement(*bodies, benchmark.counts, drifted)
            apart += bool(found.beyond)
            print(f"{name}: {found}")
            print("".join(f"    {one}\n" for one in found.beyond[:NAMED]), end="")
    return apart


if __name__ == "__main__":
    sys.exit(main())
