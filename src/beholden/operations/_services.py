"""Everything an operation may use, put together once by bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

from beholden.analysis.calibration import Calibration
from beholden.analysis.faces import FaceAnalysis
from beholden.analysis.image import ImageDecoder
from beholden.operations._paging import PageTokens
from beholden.ports.blobs import Blobs
from beholden.ports.clock import Clock
from beholden.ports.gallery import Gallery
from beholden.ports.records import Answers, Collections, Faces, Tags, Users


@dataclass(frozen=True, slots=True)
class Services:
    collections: Collections
    faces: Faces
    users: Users
    tags: Tags
    answers: Answers
    gallery: Gallery
    blobs: Blobs
    clock: Clock
    pages: PageTokens
    decoder: ImageDecoder
    analysis: FaceAnalysis
    calibration: Calibration
