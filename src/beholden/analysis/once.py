"""Several analyses that look at one picture after the other, and what they find out once."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

from beholden.domain.arrays import UInt8

Found = TypeVar("Found")


class OncePerPicture(Generic[Found]):
    """`look`, which is called again for the same array of pixels right after, or by another thread
    meanwhile: it looks once, or at most once a thread. Pixels must not change; they are not kept.
    """

    def __init__(self, look: Callable[[UInt8], Found]) -> None:
        self._look = look
        self._last: tuple[Callable[[], UInt8 | None], Found] | None = None

    def __call__(self, pixels: UInt8) -> Found:
        last = self._last
        if last is None or last[0]() is not pixels:
            last = self._last = weakref.ref(pixels), self._look(pixels)
        return last[1]
