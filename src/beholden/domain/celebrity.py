"""Public figures that an operator imports, to be recognised in pictures."""

from __future__ import annotations

import hashlib
import string
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

COLLECTION = "beholden.celebrities"
"""The collection they are enrolled in; no other operation enrols anybody there."""
PURPOSE = "celebrities"
"""What the command line imports and recognises them for, unless it is told otherwise."""
GENDERS = ("Male", "Female", "Nonbinary", "Unlisted")
"""What an operator may say of somebody; nothing is ever guessed."""

_DIGITS = string.digits + string.ascii_letters
_ID_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Celebrity:
    """`gender` is one of GENDERS, or None where the operator did not say."""

    celebrity_id: str
    name: str
    urls: tuple[str, ...] = ()
    gender: str | None = None

    @property
    def details(self) -> Mapping[str, object]:
        """What is kept, sealed, with each of their faces."""
        return {"name": self.name, "urls": list(self.urls), "gender": self.gender}

    def agrees_with(self, other: Self) -> bool:
        """Whether the same is said of both, however their name is written."""
        same_name = folded(self.name) == folded(other.name)
        return same_name and replace(self, name=other.name) == other

    @classmethod
    def of(cls, celebrity_id: str, details: Mapping[str, Any]) -> Self:
        """The reverse."""
        return cls(celebrity_id, details["name"], tuple(details["urls"]), details["gender"])


def folded(name: str) -> str:
    """One form for all that differ in case, spacing and Unicode form only."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def id_of(name: str) -> str:
    """Ten letters and digits, the same for the same name on every machine, whatever its case,
    spacing and Unicode form. Two people of one name need ids of their own."""
    number = int.from_bytes(hashlib.sha256(folded(name).encode()).digest())
    digits = []
    for _ in range(_ID_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(digits)
