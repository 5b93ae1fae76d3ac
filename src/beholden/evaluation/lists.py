"""Data lists: which images, of whom, in which groups, and what is to be compared.

CSV files with a header line, UTF-8. Paths are relative to `--images`, or to the list's own folder.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from beholden.domain.arrays import Int64
from beholden.domain.errors import OperatorError

Row = Mapping[str, str]
IMAGE_COLUMNS = ("image", "file")
SAME = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Source:
    """The file a list was read from."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ImageList:
    """Images to look at, each once.

    `subjects` names who is on each ("" where nobody said); `columns` holds the other columns of
    the list by name, one value per image.
    """

    source: Source
    paths: tuple[Path, ...]
    subjects: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def subjects_known(self) -> bool:
        """Whether the list says of every image who is on it."""
        return all(self.subjects)

    @property
    def subject_nos(self) -> Int64:
        """(n,) numbers from 0; an image of nobody known is a person of its own."""
        named = [s or f"\0{i}" for i, s in enumerate(self.subjects)]
        return np.unique(named, return_inverse=True)[1].astype(np.int64)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Listed comparisons: rows of the image list, and whether both show the same person."""

    a: Int64
    b: Int64
    same: Int64


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file. Raises OperatorError if it cannot be read or has none."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [{k: (v or "").strip() for k, v in r.items() if k} for r in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OperatorError(f"{path}: the list cannot be read: {error}") from error
    if not rows:
        raise OperatorError(f"{path}: the list has no rows under its header line.")
    return rows


def source_of(path: Path) -> Source:
    """Raises OperatorError if the file cannot be read."""
    try:
        return Source(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    except OSError as error:
        raise OperatorError(f"{path}: the list cannot be read: {error}") from error


def read_images(path: Path, folder: Path | None = None) -> ImageList:
    """A list with a column `image` (or `file`), and others: subject, role, groups, attributes.
    Raises OperatorError if the column is missing or an image is listed twice."""
    rows = read_rows(path)
    column = _need(path, rows, IMAGE_COLUMNS)
    names = [row[column] for row in rows]
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise OperatorError(f"{path}: {twice} is listed twice.")
    others = {name: tuple(row[name] for row in rows) for name in rows[0] if name != column}
    subjects = others.pop("subject", ("",) * len(rows))
    return ImageList(source_of(path), _paths(path, folder, names), subjects, others)


def columns_of(rows: Sequence[Mapping[str, object]], taken: Set[str]) -> dict[str, tuple[str, ...]]:
    """What the members of JSON objects that are text or numbers say of each, but for those that
    are `taken`: columns to group by, "" where one is not there."""
    plain = (str, int, float)
    names = {name for row in rows for name, value in row.items() if isinstance(value, plain)}
    return {name: tuple(str(row.get(name, "")) for row in rows) for name in sorted(names - taken)}


def is_pairs_txt(path: Path) -> bool:
    """Whether the file is in the format of LFW's pairs.txt, which has no header line."""
    with path.open(encoding="utf-8", errors="replace") as file:
        first = file.readline().split()
    return len(first) in (1, 2) and all(part.isdigit() for part in first)


def read_comparisons(path: Path, folder: Path | None = None) -> tuple[ImageList, Pairs | None]:
    """A verification list in any of its three forms; without pairs, everybody meets everybody.
    Raises OperatorError, with the line, for what it cannot read."""
    if path.is_file() and is_pairs_txt(path):
        return _collect(path, folder, _pairs_txt_rows(path))
    rows = read_rows(path)
    if "image_a" not in rows[0]:
        return read_images(path, folder), None
    _need(path, rows, ("image_b",))
    _need(path, rows, ("same",))
    return _collect(path, folder, rows)


def _pairs_txt_rows(path: Path) -> list[dict[str, str]]:
    """LFW, pairs.txt: "NAME i j" is a mated pair, "NAME i OTHER j" a non-mated one."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], 2):
        match line.split():
            case [name, i, j]:
                rows.append(_lfw_row(name, i, name, j, "1"))
            case [name, i, other, j]:
                rows.append(_lfw_row(name, i, other, j, "0"))
            case []:
                continue
            case _:
                raise OperatorError(f"{path}, line {number}: neither a mated nor another pair.")
    return rows


def _lfw_row(a: str, i: str, b: str, j: str, same: str) -> dict[str, str]:
    return {
        "image_a": f"{a}/{a}_{int(i):04}.jpg",
        "image_b": f"{b}/{b}_{int(j):04}.jpg",
        "same": same,
        "subject_a": a,
        "subject_b": b,
    }


def _collect(path: Path, folder: Path | None, rows: Sequence[Row]) -> tuple[ImageList, Pairs]:
    """Each image once, with the subject and groups that its rows give it."""
    _check_subjects(path, rows, _same(path, rows))
    images: dict[str, dict[str, str]] = {}
    for row in rows:
        for end in ("a", "b"):
            images.setdefault(row[f"image_{end}"], {}).update(_end(row, end))
    number = {name: i for i, name in enumerate(images)}
    names = {column for end in images.values() for column in end} - {"subject"}
    columns = {c: tuple(end.get(c, "") for end in images.values()) for c in sorted(names)}
    subjects = tuple(end.get("subject", "") for end in images.values())
    found = ImageList(source_of(path), _paths(path, folder, list(images)), subjects, columns)
    a, b = (np.array([number[row[f"image_{end}"]] for row in rows], np.int64) for end in "ab")
    return found, Pairs(a, b, _same(path, rows))


def _check_subjects(path: Path, rows: Sequence[Row], same: Int64) -> None:
    """Raises OperatorError for rows that contradict themselves or each other: a wrong row would
    count as an error of the model."""
    shows: dict[str, str] = {}
    for row, alike in zip(rows, same, strict=True):
        ends = [(row[f"image_{end}"], row.get(f"subject_{end}", "")) for end in "ab"]
        (a, whose_a), (b, whose_b) = ends
        if a == b:
            raise OperatorError(f"{path}: {a!r} is compared with itself.")
        if whose_a and whose_b and (whose_a == whose_b) != alike:
            raise OperatorError(
                f"{path}: by `same` {a} and {b} show {'one person' if alike else 'two people'}, by "
                f"their subjects {whose_a} and {whose_b}."
            )
        for image, whose in ends:
            if shows.setdefault(image, whose) != whose:
                raise OperatorError(
                    f"{path}: {image} shows {shows[image]!r} in one row, {whose!r} in another."
                )


def _end(row: Row, end: str) -> dict[str, str]:
    """What a row says of one of its images: columns ending in _a or _b of that one, others of
    both."""
    here = {k[:-2]: v for k, v in row.items() if k.endswith(f"_{end}")}
    both = {k: v for k, v in row.items() if not k.endswith(("_a", "_b")) and k != "same"}
    here.pop("image")
    return both | here


def _same(path: Path, rows: Sequence[Row]) -> Int64:
    try:
        return np.array([SAME[row["same"].lower()] for row in rows], np.int64)
    except KeyError as error:
        raise OperatorError(f"{path}: `same` is 1 or 0 (or true, false), not {error}.") from None


def _need(path: Path, rows: Sequence[Row], names: Sequence[str]) -> str:
    for name in names:
        if name in rows[0]:
            return name
    raise OperatorError(f"{path}: there is no column {names[0]!r} in its header line.")


def _paths(path: Path, folder: Path | None, names: Sequence[str]) -> tuple[Path, ...]:
    base = folder or path.parent
    for name in names:
        if not name or "\0" in name:
            raise OperatorError(f"{path}: {name!r} is no name of a file.")
    return tuple(base / name for name in names)
