"""Telling people apart by the names that their keys carry."""

from __future__ import annotations

import unicodedata


def same_person(one: str, other: str) -> bool:
    """Two spellings of a name are not two people: case, spaces and look-alike code points of one
    character do not count."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
