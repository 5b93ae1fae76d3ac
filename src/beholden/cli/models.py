"""`beholden models`: install, list, verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal
from rich.table import Table

from beholden.cli._install_progress import InstallProgress
from beholden.cli.options import Json, settings_with
from beholden.cli.terminal import terminal
from beholden.engines.models.install import Installer
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore

models_app = typer.Typer(no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(help="Names of models; all if none is given.")]
ModelsDir = Annotated[
    Path | None,
    typer.Option(help="Where models are kept, if not where the settings say.", show_default=False),
]
Manifest = Annotated[
    list[Path] | None, typer.Option(help="A further manifest of your own. Repeatable.")
]


@models_app.command()
def install(names: Names = None, models_dir: ModelsDir = None, manifest: Manifest = None) -> None:
    """Fetch, check and convert models. What is installed already is left as it is."""
    from beholden.engines.inference.convert import RUNTIME, convert  # noqa: PLC0415 (0.3 s)

    store = _store(models_dir, manifest)
    with InstallProgress(terminal(stderr=True)) as progress:
        Installer(store, convert, RUNTIME, progress.report).install(names or store.manifest)


@models_app.command("list")
def list_models(
    models_dir: ModelsDir = None, manifest: Manifest = None, as_json: Json = False
) -> None:
    """What the manifest names, and what of it is installed."""
    store = _store(models_dir, manifest)
    rows = [
        {
            "name": spec.name,
            "task": spec.task,
            "pack": spec.pack,
            "licence": spec.licence,
            "size_bytes": spec.size_bytes,
            "installed": store.installed(spec),
        }
        for spec in store.manifest.values()
    ]
    _print(rows, as_json)


@models_app.command()
def verify(
    names: Names = None,
    models_dir: ModelsDir = None,
    manifest: Manifest = None,
    as_json: Json = False,
) -> None:
    """Hash every installed file again. Exit status 1 if one is missing or altered."""
    from beholden.engines.inference.convert import RUNTIME  # noqa: PLC0415 (0.3 s)

    store = _store(models_dir, manifest)
    faults = {name: store.verify(name, RUNTIME) for name in names or store.manifest}
    _print([{"name": name, "state": fault or "ok"} for name, fault in faults.items()], as_json)
    if any(faults.values()):
        raise typer.Exit(1)


def _store(models_dir: Path | None, manifest: list[Path] | None) -> ModelStore:
    settings = settings_with()
    manifests = read_manifest(*manifest or (), *() if manifest else (settings.models_manifest,))
    return ModelStore(models_dir or settings.models_dir, manifests)


def _print(rows: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    terminal().print(table)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return decimal(value) if isinstance(value, int) else str(value)
