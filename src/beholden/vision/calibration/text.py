"""How sure a reading is: fitted numbers, read from text.toml beside this file."""

from __future__ import annotations

import math
import tomllib
import unicodedata
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

import numpy as np

from beholden.domain.arrays import Float32

# A network that is certain is taken for this sure at most, so that its odds stay finite.
LEAST_DOUBT = 0.01
# A word of letters from two scripts was, as a rule, written in a third, which the network lacks.
MIXED = 0.5


@dataclass(frozen=True, slots=True)
class TextScale:
    """Log odds that a word is right: `bias`, `character` times the log odds of its characters'
    geometric mean, `place` times the score of its place. For the networks of `version`."""

    version: str
    character: float
    place: float
    bias: float

    @classmethod
    def load(cls) -> Self:
        """The numbers that ship with this package."""
        text = files(__package__).joinpath("text.toml").read_text("utf-8")
        return cls(**tomllib.loads(text))

    def confidence(self, text: str, probabilities: Float32, place_score: float) -> float:
        """Of a word, 0..1: by the probabilities of its characters and its place's score."""
        odds = self.character * character_odds(probabilities) + self.place * place_score + self.bias
        confidence = 1 / (1 + math.exp(-odds))
        return confidence * MIXED if len(scripts(text)) > 1 else confidence


def character_odds(probabilities: Float32) -> float:
    """Log odds of the geometric mean of probabilities, (n,)."""
    mean = float(np.exp(np.log(np.maximum(probabilities, 1e-9)).mean()))
    return math.log((mean + LEAST_DOUBT) / (1 + LEAST_DOUBT - mean))


def scripts(text: str) -> frozenset[str]:
    """The scripts of the letters in `text`, by their Unicode names; mathematical signs, which
    stand for letters that the network lacks, are one. Chinese and the Japanese syllables are one,
    too."""
    return frozenset(script for script in map(_script, text) if script)


def _script(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] != "L":
        return "MATHEMATICAL" if category == "Sm" and character not in "+<=>|~±" else ""
    name = unicodedata.name(character, "UNKNOWN").split()[0]
    return "CJK" if name in {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"} else name
