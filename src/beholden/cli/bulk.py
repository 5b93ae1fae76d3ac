"""One operation over a picture or a folder of pictures: JSON Lines out, annotated copies beside."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from beholden.cli import pictures
from beholden.cli.options import settings_with
from beholden.cli.session import Session, open_session
from beholden.cli.terminal import terminal
from beholden.domain.errors import AccessDenied, ClientError, OperatorError

Answer = dict[str, Any]
Mark = tuple[Mapping[str, Any], str, str]
"""What holds a BoundingBox, the label to write at it, and a colour of cli.pictures."""

Target = Annotated[
    Path, typer.Argument(exists=True, help="A JPEG or PNG file, or a folder.", metavar="FILE|DIR")
]
Annotate = Annotated[
    Path | None,
    typer.Option("--annotate", metavar="DIR", help="Write annotated copies into this folder."),
]
PICTURE_ENDINGS = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True, slots=True)
class Bulk:
    """`operation` is asked of each picture with `members` besides its Image; `marks` says what to
    draw of an answer, `caption` which lines to write in its corner; `session` may exchange the
    session for one that suits the operation; a larger file is sent smaller than `max_bytes`."""

    operation: str
    members: Mapping[str, Any]
    marks: Callable[[Answer], Iterable[Mark]]
    caption: Callable[[Answer], Sequence[str]] = lambda _answer: ()
    session: Callable[[Session], Session] = lambda opened: opened
    max_bytes: int = pictures.MAX_BYTES

    def run(self, target: Path, annotate: Path | None, data_dir: Path | None) -> None:
        """Print one line of JSON for each picture, in the order of their names: the answer, or
        the error, with the picture's path. Raises OperatorError if there is no picture, or if all
        of them failed."""
        with open_session(settings_with(data_dir=data_dir)) as opened:
            self.over(self.session(opened), target, annotate)

    def over(self, session: Session, target: Path, annotate: Path | None) -> None:
        """The same, in a session that is open."""
        found = pictures_in(target, annotate)
        failed = 0
        root = target if target.is_dir() else target.parent
        if annotate:
            _check_apart(found, [annotate / picture.relative_to(root) for picture in found])
        with progress() as bar:
            for picture in bar.track(found, description=self.operation):
                answer = self._ask(session, picture)
                failed += "error" in answer
                print(json.dumps({"picture": str(picture), **answer}), flush=True)
                if annotate and "error" not in answer:
                    self._annotate(picture, answer, annotate / picture.relative_to(root))
        if failed:
            terminal(stderr=True).print(f"{failed} of {len(found)} pictures could not be analysed.")
            if failed == len(found):
                raise typer.Exit(1)

    def _ask(self, session: Session, picture: Path) -> Answer:
        """The answer, or the error of this picture; a refusal ends the command."""
        try:
            image = {"Bytes": pictures.request_bytes(picture, self.max_bytes)}
            return session.call(self.operation, {"Image": image, **self.members})
        except AccessDenied:
            raise
        except ClientError as error:
            return {"error": str(error), "code": error.code}
        except OperatorError as error:  # of this machine: no code of the API says it
            return {"error": str(error)}

    def _annotate(self, picture: Path, answer: Answer, copy: Path) -> None:
        photo = pictures.open_upright(picture)
        pictures.annotate(photo, self.marks(answer))
        pictures.caption(photo, self.caption(answer))
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OperatorError(f"{copy.parent} cannot be made: {error.strerror}") from error
        pictures.save(photo, copy)


def pictures_in(target: Path, annotate: Path | None = None) -> list[Path]:
    """The file itself, or every .jpg and .png below the folder, sorted, but for annotated copies
    where `annotate` is a folder in it. Raises OperatorError."""
    found = [target] if target.is_file() else sorted(_below(target))
    if annotate and target.resolve() in annotate.resolve().parents:
        found = [path for path in found if annotate.resolve() not in path.resolve().parents]
    if not found:
        raise OperatorError(f"There is no .jpg or .png file in {target}.")
    return found


def _below(folder: Path) -> Iterator[Path]:
    return (
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PICTURE_ENDINGS and path.is_file()
    )


def _check_apart(originals: Sequence[Path], copies: Sequence[Path]) -> None:
    """Raises OperatorError if an annotated copy would take the place of a picture."""
    taken = {path.resolve() for path in originals} & {path.resolve() for path in copies}
    if taken:
        raise OperatorError(f"--annotate would overwrite {min(taken)}: name another folder.")


def progress() -> Progress:
    """A progress bar on stderr, so that stdout stays JSON Lines."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=terminal(stderr=True),
    )
