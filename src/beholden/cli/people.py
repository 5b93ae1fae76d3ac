"""Who is to be imported as a public figure: from a folder of pictures, or a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from beholden.cli.bulk import PICTURE_ENDINGS
from beholden.domain.celebrity import GENDERS, Celebrity, id_of
from beholden.domain.errors import OperatorError

COLUMNS = frozenset({"name", "image", "urls", "gender", "id"})


@dataclass(frozen=True, slots=True)
class Portrait:
    """One picture of a public figure."""

    celebrity: Celebrity
    path: Path


def portraits_in(source: Path) -> list[Portrait]:
    """A folder with a picture, or a folder of pictures, named after each person; or a CSV file with
    the columns name and image, and urls (spaces between them), gender and id as far as wanted.

    Raises OperatorError, with the line, where it says too little or something unknown.
    """
    found = list(_from_folder(source) if source.is_dir() else _from_csv(source))
    if not found:
        raise OperatorError(f"There is nobody in {source}: no .jpg or .png, or no line.")
    return found


def _from_folder(folder: Path) -> Iterator[Portrait]:
    for entry in _shown(folder):
        pictures = _shown(entry) if entry.is_dir() else [entry]
        name = (entry.name if entry.is_dir() else entry.stem).replace("_", " ").strip()
        for picture in pictures:
            if picture.suffix.lower() in PICTURE_ENDINGS and picture.is_file():
                yield Portrait(Celebrity(id_of(name), name), picture)


def _shown(folder: Path) -> list[Path]:
    """What is in it, but for hidden files: macOS leaves "._Ann Lee.jpg" beside "Ann Lee.jpg"."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _from_csv(table: Path) -> Iterator[Portrait]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            _check_columns(table, frozenset(reader.fieldnames or ()))
            for row in reader:
                yield _portrait(table, reader.line_num, row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OperatorError(f"{table} cannot be read as CSV in UTF-8: {error}") from error


def _check_columns(table: Path, columns: frozenset[str]) -> None:
    if not {"name", "image"} <= columns <= COLUMNS:
        raise OperatorError(
            f"{table} has the columns {', '.join(sorted(columns)) or '(none)'}; it needs name and "
            "image, and may have urls, gender and id."
        )


def _portrait(table: Path, line: int, row: Mapping[str, str | None]) -> Portrait:
    name, image = ((row.get(column) or "").strip() for column in ("name", "image"))
    gender = (row.get("gender") or "").strip().capitalize() or None
    if not name or not image:
        raise OperatorError(f"{table}, line {line}: name and image are needed.")
    if gender not in (None, *GENDERS):
        raise OperatorError(f"{table}, line {line}: gender is one of {', '.join(GENDERS)}.")
    urls = tuple((row.get("urls") or "").split())
    celebrity = Celebrity((row.get("id") or "").strip() or id_of(name), name, urls, gender)
    return Portrait(celebrity, table.parent / image)
