"""Whether gloves can be told on the hands that DetectProtectiveEquipment reports.

python -m benchmarks.hand_covers

labels/hands.csv holds squares around hands in ../shared/data, as shares of the picture (the side:
of its width), labelled by eye: bare, covered (gloves for work, skis and bats, mitts, mittens),
unclear (no hand there, hidden, too blurred). The routes: the classifier's kind "mitten"; a logistic
head on its features, or on its kinds, learned from the other pictures; skin by a fixed range of
colours, or by the colour of the person's face; features and skin together. Intervals are 95%, by a
bootstrap over pictures. Recall at a precision takes its threshold from the same hands, which
flatters.

The last lines do the same for helmets in ../shared/data/ppe, and heads there and in LFW without.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
import openvino
from scipy.optimize import minimize
from scipy.stats import rankdata

from beholden.analysis.equipment import LEAST, EquipmentAnalysis, Seen
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.domain.face import FaceDetection
from beholden.domain.geometry import Point
from beholden.domain.image import Image
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.vision.crops import Square, cut
from beholden.vision.headwear import KINDS as HEADWEAR
from beholden.vision.scenes import INPUT_PX
from benchmarks.equipment import DATA, decode, holds, lfw, ppe

LABELS = Path(__file__).parent / "labels/hands.csv"
MITTEN = 658
# How much of what is around a hand the classifier sees, and the share of the square that is hand.
ROOM, MIDDLE = 1.3, 0.62
# What of the planes Cr and Cb is skin (Chai and Ngan, 1999), and how near two tones are, in Lab.
SKIN, ALIKE = ((133, 77), (173, 127)), 10.0
SKIN_PX = 64
FOLDS, PENALTY, DRAWS = 10, 0.1, 500


@dataclass(frozen=True)
class Example:
    """What the classifier sees: `features` (1280,), log odds of `kinds` (1000,); shares of a hand
    that are skin by a range of colours, and like the face (nan without one)."""

    picture: str
    covered: bool
    features: np.ndarray
    kinds: np.ndarray
    skin: float = np.nan
    like_face: float = np.nan


def main() -> None:
    analysis, classifier = Models(Settings()).equipment(), Features()
    with LABELS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    known = [row for row in rows if row["label"] != "unclear"]
    print(f"hands: {len(rows)} looked at, {len(rows) - len(known)} of them unclear")
    hands = list(of_hands(known, analysis, classifier))
    skin = np.array([-one.skin for one in hands])
    by_features = learned(hands, np.stack([one.features for one in hands]))
    shown("mitten", hands, np.array([one.kinds[MITTEN] for one in hands]))
    shown("head on features", hands, by_features)
    shown("head on kinds", hands, learned(hands, np.stack([one.kinds for one in hands])))
    shown("skin by a range", hands, skin)
    shown("features and skin", hands, rankdata(by_features) + rankdata(skin))
    faced = [one for one in hands if not np.isnan(one.like_face)]
    shown("skin by the face", faced, np.array([-one.like_face for one in faced]))
    heads = list(of_heads(analysis, classifier))
    headwear = np.stack([one.kinds[list(HEADWEAR)] for one in heads])
    by_kinds = np.logaddexp.reduce(headwear, axis=1)
    by_features = learned(heads, np.stack([one.features for one in heads]))
    for others, name in ((lfw_names(heads), "LFW"), (~lfw_names(heads), "the same photos")):
        chosen = others | np.array([one.covered for one in heads])
        among = [one for one, taken in zip(heads, chosen, strict=True) if taken]
        shown(f"helmets, kinds as shipped, bare heads of {name}", among, by_kinds[chosen])
        shown(f"helmets, head on features, bare heads of {name}", among, by_features[chosen])


class Features:
    """Callable: pixels (280, 280, 3) to what goes into the classifier's last layer, (1280,), and
    log probabilities of its kinds, (1000,)."""

    def __init__(self) -> None:
        settings = Settings()
        store = ModelStore(settings.models_dir, read_manifest(settings.models_manifest))
        core = openvino.Core()
        model = core.read_model(store.require("scenes"))
        last = [one for one in model.get_ordered_ops() if one.get_type_name() == "MatMul"][-1]
        biased = next(iter(last.output(0).get_target_inputs())).get_node()
        ends = [last.input_value(0), biased.output(0)]
        cut_off = openvino.Model(ends, model.get_parameters())
        self._run = core.compile_model(cut_off, "CPU", {"INFERENCE_NUM_THREADS": 1})

    def __call__(self, image: Image, square: Square) -> tuple[np.ndarray, np.ndarray]:
        found = self._run(cut(image.pixels, square, INPUT_PX)[np.newaxis])
        features, logits = (np.array(found[n], np.float64).ravel() for n in (0, 1))
        return features, logits - np.logaddexp.reduce(logits)


def of_hands(
    rows: list[dict[str, str]], analysis: EquipmentAnalysis, classifier: Features
) -> Iterator[Example]:
    for name, group in groupby(rows, key=lambda row: row["file"]):
        image = decode(DATA / name)
        size = np.array([image.width_px, image.height_px, image.width_px])
        persons = analysis.persons(image)
        for row in group:
            x, y, side = size * [float(row[f"{what}_ratio"]) for what in ("x", "y", "side")]
            at = Point(float(x), float(y))
            seen = classifier(image, Square(at, ROOM * side))
            hand = cut(image.pixels, Square(at, MIDDLE * side), SKIN_PX)
            like = like_face(image, hand, face_of(at, persons))
            yield Example(name, row["label"] == "covered", *seen, in_range(hand), like)


def of_heads(analysis: EquipmentAnalysis, classifier: Features) -> Iterator[Example]:
    """Heads labelled in ppe, as the analysis sees them, and the first face of photos of LFW."""
    for n, (image, labels) in enumerate(ppe()):
        heads = [one.head for one in analysis.persons(image) if one.head]
        for label in labels:
            here = [one for one in heads if one.confidence >= LEAST and holds(label, one.cover_px)]
            for head in here[:1]:
                yield Example(f"ppe {n}", label.helmet, *classifier(image, head.square))
    for n, image in enumerate(lfw()):
        heads = [one.head for one in analysis.persons(image) if one.face and one.head]
        for head in heads[:1]:
            yield Example(f"lfw {n}", False, *classifier(image, head.square))


def lfw_names(examples: list[Example]) -> np.ndarray:
    return np.array([one.picture.startswith("lfw") for one in examples])


def face_of(hand: Point, persons: list[Seen]) -> FaceDetection | None:
    """The face of the largest person in whose box a hand is."""
    boxes = [(one.box_px, one.face) for one in persons]
    inside = (
        face
        for box, face in boxes
        if box.left <= hand.x <= box.right and box.top <= hand.y <= box.bottom
    )
    return next(inside, None)


def in_range(hand: np.ndarray) -> float:
    planes = cv2.cvtColor(hand, cv2.COLOR_RGB2YCrCb)[..., 1:]
    return float(((planes >= SKIN[0]) & (planes <= SKIN[1])).all(axis=2).mean())


def like_face(image: Image, hand: np.ndarray, face: FaceDetection | None) -> float:
    if face is None:
        return np.nan
    points = face.landmarks_px
    eyes, mouth = points[:2, 1].mean(), points[3:, 1].mean()
    middle = Point(float(points[2, 0]), float((eyes + mouth) / 2))
    skin = cut(image.pixels, Square(middle, max(2.0, 0.8 * float(mouth - eyes))), SKIN_PX)
    tone = np.median(_lab(skin).reshape(-1, 2), axis=0)
    return float((np.linalg.norm(_lab(hand) - tone, axis=2) < ALIKE).mean())


def _lab(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[..., 1:].astype(np.float64)


def learned(examples: list[Example], columns: np.ndarray) -> np.ndarray:
    """The score (n,) of each example by what was learned from the pictures of other folds."""
    covered = np.array([one.covered for one in examples])
    _, picture = np.unique([one.picture for one in examples], return_inverse=True)
    fold = np.random.default_rng(0).permutation(picture.max() + 1)[picture] % FOLDS
    scores = np.zeros(len(examples))
    for held in range(FOLDS):
        rest = fold != held
        mean, spread = columns[rest].mean(axis=0), columns[rest].std(axis=0) + 1e-6
        scaled = (columns - mean) / spread / np.sqrt(columns.shape[1])
        weights = logistic(scaled[rest], covered[rest])
        scores[~rest] = scaled[~rest] @ weights[:-1] + weights[-1]
    return scores


def logistic(columns: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """Weights and offset, (k + 1,); both answers weigh the same."""
    weight = np.where(covered, (~covered).sum() / covered.sum(), 1.0)

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        odds = columns @ at[:-1] + at[-1]
        away = weight * (1 / (1 + np.exp(-odds)) - covered)
        slope = np.append(columns.T @ away + PENALTY * at[:-1], away.sum())
        total = weight @ (np.logaddexp(0, odds) - covered * odds)
        return float(total + PENALTY / 2 * (at[:-1] ** 2).sum()), slope

    start = np.zeros(columns.shape[1] + 1)
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


def shown(name: str, examples: list[Example], scores: np.ndarray) -> None:
    covered = np.array([one.covered for one in examples])
    _, picture = np.unique([one.picture for one in examples], return_inverse=True)
    rows = [np.flatnonzero(picture == one) for one in range(picture.max() + 1)]
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        again = np.concatenate([rows[one] for one in random.integers(len(rows), size=len(rows))])
        if 0 < covered[again].sum() < len(again):
            drawn.append(measured(scores[again], covered[again]))
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    whats = ("AUC", "recall at precision .90", "at .95")
    figures = zip(whats, measured(scores, covered), low, high, strict=True)
    listed = ", ".join(f"{what} {value:.2f} [{a:.2f}, {b:.2f}]" for what, value, a, b in figures)
    print(f"{name}: {listed} ({covered.sum()} covered, {(~covered).sum()} bare)", flush=True)


def measured(scores: np.ndarray, covered: np.ndarray) -> tuple[float, float, float]:
    """Area under the curve; the most recall at a precision of .90 and .95."""
    yes = int(covered.sum())
    above = rankdata(scores)[covered].sum() - yes * (yes + 1) / 2
    hits = np.cumsum(covered[np.argsort(-scores, kind="stable")])
    precision = hits / np.arange(1, len(scores) + 1)
    recalls = (hits[precision >= least].max(initial=0) / yes for least in (0.9, 0.95))
    return (float(above / (yes * (len(scores) - yes))), *recalls)


if __name__ == "__main__":
    main()
