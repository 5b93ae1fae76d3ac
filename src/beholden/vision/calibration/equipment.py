"""Fitted numbers of protective equipment, read from equipment.toml beside this file."""

from __future__ import annotations

from dataclasses import dataclass

from beholden.vision.calibration.pictures import LogOdds
from beholden.vision.calibration.sections import read_sections


@dataclass(frozen=True, slots=True)
class EquipmentCalibration:
    """`joint`: that a joint is seen, by its score; `mask`: that a face is covered, by the mask
    network; `over_nose`: that the nose is, by its colour; `head_cover`: that a head is, by the
    probability of all kinds of headwear."""

    joint: LogOdds
    mask: LogOdds
    over_nose: LogOdds
    head_cover: LogOdds


def read_equipment_calibration() -> EquipmentCalibration:
    """The numbers that ship with this package."""
    return read_sections(EquipmentCalibration, "equipment.toml")
