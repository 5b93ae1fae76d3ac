"""Running one evaluation: leave from the gate, look, judge, record, write the report."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from beholden import __version__, private
from beholden.analysis.evaluator import Evaluator
from beholden.cli.session import Session
from beholden.config import Settings
from beholden.domain.errors import OperatorError
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.engines.vault.local import LocalVault
from beholden.evaluation.findings import Conditions, Findings
from beholden.evaluation.observe import Failures, Observation, WhichFace, observe, observe_all
from beholden.evaluation.pictures import thumbnails
from beholden.evaluation.plans import Plan
from beholden.evaluation.report.page import Page
from beholden.evaluation.scale import DEFAULT_IN_USE_PCT, Scale
from beholden.evaluation.work import WorkFile

FOLDER = "evaluations"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asked for besides the list. `in_use_pct` is None where no similarity
    decides; `out` is a path without its suffix."""

    in_use_pct: float | None
    thresholds_pct: tuple[float, ...]
    groups: tuple[str, ...]
    which_face: WhichFace
    pictures: bool
    out: Path | None


@dataclass(frozen=True, slots=True)
class Written:
    """Where the report went, and what it says."""

    findings: Findings
    json_file: Path
    html_file: Path


def evaluate(
    session: Session, settings: Settings, plan: Plan, wishes: Wishes, console: Console
) -> Written:
    """Run it all. After an interrupt the same command goes on where it stopped."""
    began = time.monotonic()
    asked = {"Kind": plan.kind, "ListSha256": plan.images.source.sha256}
    opened = session.call("beholden:OpenEvaluation", asked | {"Images": len(plan.images.paths)})
    evaluator: Evaluator = opened["Evaluator"]
    conditions = _conditions(settings, plan, wishes, evaluator)
    work = _work(settings, conditions)
    if len(work):
        console.print(f"Going on after {len(work)} images that an earlier run looked at.")
    look = partial(observe, evaluator, plan.look, which=wishes.which_face)
    threads = settings.streams or len(os.sched_getaffinity(0))
    with work, _bar(console, len(plan.images.paths)) as done:
        seen = observe_all(plan.images.paths, look, work, threads, done)
    with console.status("Working out the error rates"):
        used = DEFAULT_IN_USE_PCT if wishes.in_use_pct is None else wishes.in_use_pct
        scale = Scale.make(evaluator.calibration, wishes.thresholds_pct, used)
        result = plan.judge(seen, scale)
    findings = Findings(conditions, Failures.count(seen), time.monotonic() - began, result)
    session.call(
        "beholden:RecordEvaluation",
        asked | {"Summary": findings.summary(), "Groups": findings.group_rates()},
    )
    written = _write(settings, findings, wishes, _page(plan, seen, evaluator, findings, wishes))
    work.destroy()
    return written


def _conditions(settings: Settings, plan: Plan, wishes: Wishes, evaluator: Evaluator) -> Conditions:
    store = ModelStore(settings.models_dir, read_manifest(settings.models_manifest))
    return Conditions(
        kind=plan.kind,
        made_at=datetime.now(UTC),
        command=shlex.join(["beholden", *sys.argv[1:]]),
        beholden=__version__,
        model_version=evaluator.model_version,
        model_files=_files(store, plan.pack),
        source=plan.images.source,
        in_use_pct=wishes.in_use_pct,
        groups=wishes.groups,
        which_face=wishes.which_face.value,
    )


def _files(store: ModelStore, pack: str) -> Mapping[str, str]:
    """SHA-256 of each installed model of a pack, as published."""
    specs = (spec for spec in store.manifest.values() if spec.pack == pack)
    return {spec.name: spec.sha256 for spec in specs if store.installed(spec)}


def _work(settings: Settings, conditions: Conditions) -> WorkFile:
    same = (
        conditions.kind,
        conditions.source.sha256,
        conditions.which_face,
        settings.precision,
        sorted(conditions.model_files.items()),
    )
    name = hashlib.sha256(json.dumps(same).encode()).hexdigest()[:32]
    return WorkFile(settings.data_dir / FOLDER, name, LocalVault(settings.data_dir))


@contextmanager
def _bar(console: Console, total: int) -> Iterator[Callable[[], None]]:
    """A progress bar with the time left; what it yields is called once per image."""
    columns = (TextColumn("Looking at images"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as bars:
        task = bars.add_task("", total=total)
        yield lambda: bars.advance(task)


def _page(
    plan: Plan,
    seen: list[Observation],
    evaluator: Evaluator,
    findings: Findings,
    wishes: Wishes,
) -> str:
    names = dict(enumerate(path.name for path in plan.images.paths))
    pictures: Mapping[int, str] = {}
    if wishes.pictures:
        pictures = thumbnails(findings.result.shown(), plan.images, seen, evaluator.decoder)
    return Page(pictures).render(findings.to_json(), names)


def _write(settings: Settings, findings: Findings, wishes: Wishes, page: str) -> Written:
    about = findings.conditions
    stem = f"{about.kind}-{about.made_at:%Y%m%d-%H%M%S}"
    out = wishes.out or settings.data_dir / FOLDER / stem
    json_file, html_file = files_of(out)
    try:
        out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps(findings.to_json(), indent=1, ensure_ascii=False)
        private.write(json_file, text + "\n")
        private.write(html_file, page)
    except (OSError, OperatorError) as error:
        raise OperatorError(
            f"The report is not written: {error} With another --out it goes on where it stopped."
        ) from error
    return Written(findings, json_file, html_file)


def files_of(out: Path) -> tuple[Path, Path]:
    """The JSON and the page of a report."""
    return out.with_name(out.name + ".json"), out.with_name(out.name + ".html")


def latest(settings: Settings) -> Mapping[str, object] | None:
    """The newest report with non-mated scores, as JSON, or None."""
    folder = settings.data_dir / FOLDER
    files = [*folder.glob("verification-*.json"), *folder.glob("identification-*.json")]
    newest = max(files, key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        return None
    read: Mapping[str, object] = json.loads(newest.read_text(encoding="utf-8"))
    return read
