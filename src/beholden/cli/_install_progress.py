"""What `beholden models install` shows: a bar for each model, or a line where there is no
terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from beholden.domain.model import ModelSpec
from beholden.engines.models.install import Progress, Stage


class InstallProgress:
    """Shows the events of one installation; a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[stage]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> InstallProgress:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def report(self, event: Progress) -> None:
        """Called by the installer."""
        if self._bars.disable:
            self._line(event)
        else:
            task = self._task(event.model)
            self._bars.update(task, completed=event.done_bytes, stage=event.stage)

    def _line(self, event: Progress) -> None:
        if event.stage is Stage.INSTALLED:
            size_mb = event.model.size_bytes / 1e6
            self._console.print(
                f"{event.model.name}: installed ({size_mb:.1f} MB)", highlight=False
            )

    def _task(self, model: ModelSpec) -> TaskID:
        if model.name not in self._tasks:
            self._tasks[model.name] = self._bars.add_task(
                model.name, total=model.size_bytes, stage=""
            )
        return self._tasks[model.name]
