"""How right objects and labels are, and whether their confidences mean something.

python -m benchmarks.label_accuracy          AP by pycocotools, precision, reliability
python -m benchmarks.label_accuracy --fit    the calibration, from every second picture
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Sequence

import cv2
import numpy as np

from beholden.analysis.labels import LabelAnalysis
from beholden.analysis.properties import properties_of
from beholden.analysis.taxonomy import read_taxonomy
from beholden.domain.image import Image
from beholden.evaluation.coco import AREAS, IOU, CocoProtocol
from beholden.evaluation.observe import Found, Observation, objects_of, place_of
from beholden.evaluation.reliability import Reliability, reliability
from benchmarks.label_sets import DATA, Seen, coco, coco_boxes, decode, imagenet, open_labels

Pairs = Sequence[tuple[float, bool]]
MIN_CONFIDENCE = 0.55
# A label with less of the classifier's probability is never close to being shown.
LEAST_SCENE = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="print the fitted calibration")
    options = parser.parse_args()
    analysis = open_labels()
    of_coco, of_imagenet = list(coco(analysis)), list(imagenet(analysis))
    if options.fit:
        fit(of_coco, of_imagenet)
        return
    judged = protocol(analysis, of_coco)
    figures = average_precision(judged)
    listed = ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
    print(f"objects, {len(of_coco)} photos of COCO: {listed}")
    for curve in reliabilities(analysis, judged, of_coco, of_imagenet):
        shown(curve)
    sharpness()


def protocol(analysis: LabelAnalysis, of_coco: Sequence[Seen], *, every: int = 1) -> CocoProtocol:
    """What was seen on one in `every` photo of COCO beside its boxes."""
    seen = [
        Observation(size=one.size, found=tuple(objects_of(analysis.labels(one.sight))))
        for one in of_coco
    ]
    return CocoProtocol(coco_boxes(every=every), seen)


def average_precision(judged: CocoProtocol) -> dict[str, float | None]:
    """COCO's AP, AP50, and AP of small, medium and large things."""
    sizes = {area: judged.average_precision(area=area) for area in AREAS[1:]}
    return {"AP": judged.average_precision(), "AP50": judged.average_precision(IOU), **sizes}


def sharpness(blurs: Sequence[float] = (0.0, 0.004, 0.01)) -> None:
    """What IMAGE_PROPERTIES reads of one photo of COCO in four, sharp and blurred."""
    photos = [decode(p).pixels for p in sorted((DATA / "coco200/images").iterdir())[::4]]
    for share in blurs:
        read = []
        for pixels in photos:
            sigma = share * max(pixels.shape)
            seen = cv2.GaussianBlur(pixels, (0, 0), sigma) if sigma else pixels
            read.append(properties_of(Image(seen, b""), (), 0).whole.light.sharpness_pct)
        print(f"sharpness, blurred by {share:.1%} of the longer side: {np.median(read):.0f}")


def reliabilities(
    analysis: LabelAnalysis, judged: CocoProtocol, of_coco: Sequence[Seen], others: Sequence[Seen]
) -> list[Reliability]:
    """Of boxes and of labels, on the photos that do not calibrate; of COCO's, labels are judged
    that name an object."""
    objects = set(read_taxonomy().objects.values())
    held = [one for one in of_coco if not one.calibrates]
    held_others = [one for one in others if not one.calibrates]
    rows = [n for n, one in enumerate(of_coco) if not one.calibrates]
    told = {
        "boxes (COCO)": boxes(judged, rows),
        "labels of objects (COCO)": [
            (label.confidence, label.named.name in one.labels)
            for one in held
            for label in analysis.labels(one.sight)
            if label.named.name in objects
        ],
        "labels of scenes (ImageNet)": [
            row for one in held_others for row in scenes(analysis, one)
        ],
        "labels of scenes (COCO, things that it names)": [
            row for one in held for row in scenes(analysis, one, objects)
        ],
    }
    return [reliability(name, pairs, MIN_CONFIDENCE) for name, pairs in told.items()]


def boxes(judged: CocoProtocol, rows: Iterable[int]) -> list[tuple[float, bool]]:
    """Confidence of every found box of these rows of the list, and whether it is right."""
    matched = [match for row in rows for match in judged.matched(row)]
    return [(m.confidence, m.right) for m in matched if m.confidence is not None]


def scenes(
    analysis: LabelAnalysis, one: Seen, among: Collection[str] | None = None
) -> list[tuple[float, bool]]:
    found = analysis.scene_confidences(one.sight.scene).items()
    return [(sure, name in one.labels) for name, sure in found if among is None or name in among]


def shown(curve: Reliability) -> None:
    wrong = curve.wrong
    print(f"{curve.what}: {1 - (wrong.rate or 0):.3f} of {wrong.trials} right at ", end="")
    print(f"{curve.shown_from:.2f} and more; expected calibration error ", end="")
    print(f"{curve.calibration_error:.3f} of everything, {curve.shown_error or 0:.3f} of that")
    for each in curve.bins:
        told = f"said {each.stated:.2f}  is {each.right.rate:.2f}"
        print(f"  {each.low:.1f}-{each.high:.1f}  n {each.right.trials:5}  {told}")


def fit(of_coco: Sequence[Seen], others: Sequence[Seen]) -> None:
    """Print pictures.toml's tables, fitted by maximum likelihood on what calibrates."""
    taxonomy = read_taxonomy()
    raw = [
        Observation(
            size=one.size,
            found=tuple(
                Found(taxonomy.objects[found.kind], found.confidence, place_of(found.box_px))
                for found in one.sight.objects
            ),
        )
        for one in of_coco
    ]
    rows = [n for n, one in enumerate(of_coco) if one.calibrates]
    presence, scenes = [], []
    objects = set(taxonomy.objects.values())
    names = list(taxonomy.labels)
    for one in filter(lambda one: one.calibrates, (*of_coco, *others)):
        best: dict[str, float] = {}
        for found in one.sight.objects if one.set == "coco" else ():
            name = taxonomy.objects[found.kind]
            best[name] = max(best.get(name, 0.0), found.confidence)
        presence += [(score, name in one.labels) for name, score in best.items()]
        sums = taxonomy.under @ one.sight.scene
        scenes += [
            (float(sums[n]), name in one.labels)
            for n, name in enumerate(names)
            if sums[n] >= LEAST_SCENE and (one.set == "imagenet" or name in objects)
        ]
    of_boxes = boxes(CocoProtocol(coco_boxes(), raw), rows)
    for table, pairs in (("box", of_boxes), ("presence", presence), ("scene", scenes)):
        slope, offset = logistic(pairs)
        print(f"[{table}]  # {len(pairs)} pairs\nslope = {slope:.2f}\noffset = {offset:.2f}\n")


def logistic(pairs: Pairs, rounds: int = 100) -> tuple[float, float]:
    """Slope and offset of Platt's scale, by Newton's method, halved where it overshoots."""
    score, right = (np.array(column, np.float64) for column in zip(*pairs, strict=True))
    bounded = np.clip(score, 1e-6, 1 - 1e-6)
    columns = np.stack([np.log(bounded / (1 - bounded)), np.ones_like(score)], axis=1)
    weights = np.array([1.0, 0.0])

    def loss(at: np.ndarray) -> float:
        odds = columns @ at
        return float((np.logaddexp(0, odds) - right * odds).sum())

    for _ in range(rounds):
        p = 1 / (1 + np.exp(-columns @ weights))
        hessian = columns.T @ (columns * (p * (1 - p))[:, None]) + 1e-6 * np.eye(2)
        step = np.linalg.solve(hessian, columns.T @ (right - p))
        while loss(weights + step) > loss(weights):
            step /= 2
        weights = weights + step
    return float(weights[0]), float(weights[1])


if __name__ == "__main__":
    main()
