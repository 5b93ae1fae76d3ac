"""What an evaluation may use of a deployment: its own way from bytes to a score."""

from __future__ import annotations

from dataclasses import dataclass

from beholden.analysis.calibration import Calibration
from beholden.analysis.details import FaceDescriber
from beholden.analysis.faces import FaceAnalysis
from beholden.analysis.image import ImageDecoder
from beholden.analysis.labels import LabelAnalysis
from beholden.analysis.text import TextAnalysis


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Handed out by the gate for one evaluation: the same parts that answer requests.
    `model_version` is of those that this evaluation measures."""

    decoder: ImageDecoder
    analysis: FaceAnalysis
    describer: FaceDescriber
    labels: LabelAnalysis
    text: TextAnalysis
    calibration: Calibration
    model_version: str
