"""Every face attribute that is told, measured on ../shared/data.

    python -m benchmarks.attributes          the tables of docs/model-cards/face-attributes.md
    python -m benchmarks.attributes --fit    the numbers of vision/calibration/attributes.toml

Accuracies are of the measuring half only (benchmarks/face_sets.py); --fit uses the other half.
Pose, quality and cost: python -m benchmarks.face_quality.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

import cv2
import numpy as np

from beholden.analysis.attributes import FaceView
from beholden.domain.face import FaceDetection, Told
from beholden.domain.geometry import Box
from beholden.vision.attributes import EMOTIONS, age_moments, happy_log_odds
from beholden.vision.measures import bridge_line, eye_openness, lens_darkness, mouth_gap
from benchmarks.face_sets import FaceSets, LabelledFace, transformed

AGE_COVERAGE = 0.8


def auc(labels: Sequence[bool], values: Sequence[float]) -> float:
    """Probability that a positive reads higher than a negative (area under the ROC curve)."""
    truth, scores = np.array(labels, bool), np.array(values)
    wins = np.sign(scores[truth][:, None] - scores[~truth])
    return float((wins.mean() + 1) / 2) if wins.size else float("nan")


def yes_or_no(name: str, told: Sequence[tuple[bool, Told[bool] | None]]) -> dict[str, float]:
    """Accuracy, its two halves, and confidence against accuracy; faces not told apart."""
    known = [(truth, answer) for truth, answer in told if answer is not None]
    truth = np.array([t for t, _ in known], bool)
    said = np.array([a.value for _, a in known], bool)
    sure = np.array([a.confidence for _, a in known])
    right = truth == said
    row = {
        "n": len(known),
        "positives": int(truth.sum()),
        "not told": len(told) - len(known),
        "accuracy": share(right),
        "recall": share(said[truth]),
        "false alarms": share(said[~truth]),
        "mean confidence": float(sure.mean()),
        "share at 90+": share(sure >= 0.9),
        "accuracy at 90+": share(right[sure >= 0.9]),
    }
    line(name, row)
    return row


def share(flags: np.ndarray) -> float:
    """The share that is true; not a number of nothing."""
    return float(flags.mean()) if flags.size else float("nan")


def line(name: str, row: Mapping[str, float]) -> None:
    cells = (f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
    print(f"  {name:<26}" + "  ".join(cells))


def groups_of(faces: Sequence[LabelledFace], *labels: str) -> dict[str, list[LabelledFace]]:
    """All faces, then those of each value of each label; ages by decade."""
    groups = {"all": list(faces)}
    for label in labels:
        for sample in sorted(faces, key=lambda s: _value(s, label)):
            groups.setdefault(f"{label} {_value(sample, label)}", []).append(sample)
    return groups


def _value(sample: LabelledFace, label: str) -> str:
    if label == "decade":
        return f"{int(float(str(sample.labels['age'])) // 10 * 10):3}s"
    return str(sample.labels[label])


def age(utk: Sequence[LabelledFace]) -> dict[str, dict[str, float]]:
    print("AGE_RANGE on UTKFace:")
    rows = {}
    for name, group in groups_of(utk, "race", "gender", "decade").items():
        truth = np.array([float(str(s.labels["age"])) for s in group])
        ranges = np.array([s.face.age_years() for s in group])
        inside = (ranges[:, 0] <= truth) & (truth <= ranges[:, 1])
        means = np.array([age_moments(s.face.age_distribution)[0] for s in group])
        rows[name] = {
            "n": len(group),
            "coverage": float(inside.mean()),
            "median width": float(np.median(ranges[:, 1] - ranges[:, 0])),
            "mean error": float(np.abs(means - truth).mean()),
            "bias": float((means - truth).mean()),
        }
        line(name, rows[name])
    return rows


def gender(utk: Sequence[LabelledFace]) -> dict[str, dict[str, float]]:
    print("GENDER on UTKFace (positive: Male):")
    rows = {}
    for name, group in groups_of(utk, "race", "gender", "decade").items():
        answers = [(s.labels["gender"] == "Male", s.face.gender()) for s in group]
        rows[name] = yes_or_no(
            name, [(male, Told(a.value == "Male", a.confidence)) for male, a in answers]
        )
    return rows


def emotions(faces: Sequence[LabelledFace]) -> dict[str, dict[str, float]]:
    print("EMOTIONS:")
    rows = {}
    for name in ("fer2013", "ck"):
        group = [s for s in faces if s.set == name]
        answers = [(str(s.labels["emotion"]), s.face.emotions()) for s in group]
        rows[name] = {
            "n": len(group),
            "accuracy": float(np.mean([next(iter(a)) == truth for truth, a in answers])),
            "mean confidence": float(np.mean([max(a.values()) for _, a in answers])),
        }
        for emotion in EMOTIONS:
            said = [next(iter(a)) == emotion for truth, a in answers if truth == emotion]
            rows[name][emotion] = float(np.mean(said)) if said else float("nan")
        line(name, rows[name])
    return rows


Truths = Sequence[tuple[str, str, Callable[[FaceView], Told[bool] | None]]]
YES_OR_NO: Truths = (
    ("SMILE", "smile", FaceView.smile),
    ("MOUTH_OPEN", "mouth_open", FaceView.mouth_open),
    ("EYES_OPEN", "eyes_open", FaceView.eyes_open),
    ("EYEGLASSES", "eyeglasses", FaceView.eyeglasses),
    ("SUNGLASSES", "sunglasses", FaceView.sunglasses),
)


def told_attributes(faces: Sequence[LabelledFace]) -> dict[str, dict[str, float]]:
    rows = {}
    for attribute, label, tell in YES_OR_NO:
        print(f"{attribute}:")
        for name in ("lfw", "celebamask", "orl", "fer2013", "ck"):
            told = [
                (bool(truth), tell(s.face))
                for s in faces
                if s.set == name and (truth := _truth(s, label)) is not None
            ]
            if told:
                rows[f"{attribute} {name}"] = yes_or_no(name, told)
    return rows


def _truth(sample: LabelledFace, label: str) -> object:
    if label == "smile" and "emotion" in sample.labels:
        return sample.labels["emotion"] == "HAPPY"
    return sample.labels.get(label)


def by_size(sets: FaceSets, lfw: Sequence[LabelledFace]) -> dict[str, float]:
    """AUC of the eyewear measurements when the image is reduced first."""
    print("Measurements against face size (LFW, AUC):")
    rows = {}
    for scale in (1.0, 0.7, 0.5, 0.35, 0.25):
        small = [(s, _reduced(sets, s, scale)) for s in lfw if "eyeglasses" in s.labels]
        kept = [(s, face) for s, face in small if face.whole]
        glasses = [(bool(s.labels["eyeglasses"]), bridge_line(f.patch)) for s, f in kept]
        dark = [(bool(s.labels["sunglasses"]), lens_darkness(f.patch)) for s, f in kept]
        distance = median(f.patch.eye_distance_px for _, f in kept)
        rows[f"{distance:.0f}"] = auc(*zip(*glasses, strict=True))
        row = {"whole": len(kept) / len(small), "eyeglasses": auc(*zip(*glasses, strict=True))}
        row["sunglasses"] = auc(*zip(*dark, strict=True))
        line(f"eye distance {distance:.0f} px", row)
    return rows


def _reduced(sets: FaceSets, sample: LabelledFace, scale: float) -> FaceView:
    pixels = cv2.resize(sample.image.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = sample.face.detection
    box = found.box_px
    smaller = Box(scale * box.left, scale * box.top, scale * box.width, scale * box.height)
    detection = FaceDetection(smaller, found.confidence, found.landmarks_px * np.float32(scale))
    return sets.view(transformed(pixels), detection)


def platt(labels: Sequence[bool], values: Sequence[float]) -> tuple[float, float]:
    """Threshold and width of the logistic that fits best, both classes weighing the same, with
    Platt's targets, which keep it from claiming certainty on few labels (Platt, 1999)."""
    truth, x = np.array(labels, bool), np.array(values)
    yes, no = truth.sum(), (~truth).sum()
    target = np.where(truth, (yes + 1) / (yes + 2), 1 / (no + 2))
    scale = x.std()
    design = np.column_stack([x / scale, np.ones_like(x)])
    share = np.where(truth, 0.5 / yes, 0.5 / no)
    weights = np.zeros(2)
    for _ in range(100):
        p = 1 / (1 + np.exp(-design @ weights))
        hessian = design.T @ (design * (share * p * (1 - p))[:, None]) + 1e-9 * np.eye(2)
        weights += np.linalg.solve(hessian, design.T @ (share * (target - p)))
    return float(-weights[1] / weights[0] * scale), float(scale / weights[0])


MEASURES: Mapping[str, Callable[[FaceView], float]] = {
    "smile": lambda face: happy_log_odds(face.emotion),
    "mouth_open": lambda face: mouth_gap(face.mesh),
    "eyes_open": lambda face: eye_openness(face.eyes),
    "eyeglasses": lambda face: bridge_line(face.patch),
    "sunglasses": lambda face: lens_darkness(face.patch),
}


def fit(utk: Sequence[LabelledFace], faces: Sequence[LabelledFace]) -> None:
    for label, measure in MEASURES.items():
        pairs = [(bool(t), measure(s.face)) for s in faces if (t := _truth(s, label)) is not None]
        report(label, pairs)
    male = [s.labels["gender"] == "Male" for s in utk]
    report("gender", list(zip(male, [s.face.gender_log_odds for s in utk], strict=True)))
    fit_age(utk)
    fit_emotion([s for s in faces if s.set == "fer2013"])


def report(label: str, pairs: Sequence[tuple[bool, float]]) -> None:
    truth, values = zip(*pairs, strict=True)
    threshold, width = platt(truth, values)
    row = {"n": len(truth), "positives": sum(truth), "AUC": auc(truth, values)}
    line(label, row | {"threshold": threshold, "width": width})


def fit_age(utk: Sequence[LabelledFace]) -> None:
    truth = np.array([float(str(s.labels["age"])) for s in utk])
    mean, deviation = np.array([age_moments(s.face.age_distribution) for s in utk]).T
    spreads = (truth - mean) / (deviation + 1.0)
    missed = (1 - AGE_COVERAGE) / 2
    low, high = np.quantile(spreads, [missed, 1 - missed])
    line("age", {"n": len(utk), "low": float(-low), "high": float(high)})


def fit_emotion(fer: Sequence[LabelledFace]) -> None:
    truth = [EMOTIONS.index(str(s.labels["emotion"])) for s in fer]
    logits = np.array([s.face.emotion for s in fer])
    losses = {t: _loss(logits / t, truth) for t in np.arange(0.5, 4, 0.05)}
    line("emotion", {"n": len(fer), "temperature": float(min(losses, key=losses.__getitem__))})


def _loss(logits: np.ndarray, truth: Sequence[int]) -> float:
    chosen = logits[np.arange(len(truth)), truth]
    return float((np.logaddexp.reduce(logits, axis=1) - chosen).mean())


def main(arguments: Sequence[str]) -> None:
    sets = FaceSets()
    fitting = "--fit" in arguments

    def keep(faces: Iterable[LabelledFace]) -> list[LabelledFace]:
        return [sample for sample in faces if sample.calibrates == fitting]

    utk = keep(sets.utk())
    faces = keep([*sets.lfw(labelled=True), *sets.celebamask(), *sets.orl(), *sets.emotions()])
    print("Faces not found, by set:", sets.missed)
    if fitting:
        fit(utk, faces)
        return
    age(utk)
    gender(utk)
    emotions(faces)
    told_attributes(faces)
    by_size(sets, [s for s in faces if s.set == "lfw"])


if __name__ == "__main__":
    main(sys.argv[1:])
