"""Telling people apart by the names that their keys carry."""

from __future__ import annotations

import unicodedata


def same_person(one: str, other: str) -> bool:
    """Two spellings of a name are not two people."""
    return plain_name(one) == plain_name(other)


def plain_name(name: str) -> str:
    """One spelling for all of a name's: case, spaces and compatible characters do not count."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
