"""How right objects and labels are, and whether their confidences mean something.

python -m benchmarks.label_accuracy          AP by pycocotools, precision, reliability
python -m benchmarks.label_accuracy --fit    the calibration, from every second picture
"""

from __future__ import annotations

import argparse
import contextlib
import io
from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from beholden.analysis.labels import LabelAnalysis
from beholden.analysis.properties import properties_of
from beholden.analysis.taxonomy import read_taxonomy
from beholden.domain.image import Image
from beholden.vision.objects import KINDS
from benchmarks.label_sets import DATA, Seen, coco, decode, imagenet, open_labels, right_boxes

Pairs = Sequence[tuple[float, bool]]
BINS = ((0.0, 0.2), (0.2, 0.4), (0.4, 0.55), (0.55, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01))
MIN_CONFIDENCE = 0.55
# A label with less of the classifier's probability is never close to being shown.
LEAST_SCENE = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="print the fitted calibration")
    options = parser.parse_args()
    analysis = open_labels()
    seen = [*coco(analysis), *imagenet(analysis)]
    if options.fit:
        fit([one for one in seen if one.calibrates])
        return
    of_coco = [one for one in seen if one.set == "coco"]
    print(f"objects, {len(of_coco)} photos of COCO: {shown(average_precision(of_coco))}")
    held = [one for one in seen if not one.calibrates]
    for name, pairs in measured(analysis, held).items():
        reliability(name, pairs)
    sharpness()


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


def shown(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())


def average_precision(seen: Iterable[Seen]) -> dict[str, float]:
    """COCO's AP, AP50, and AP of small, medium and large things (pycocotools)."""
    seen = list(seen)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(DATA / "coco200/annotations.json"))
        rows = [
            {
                "image_id": one.no,
                "category_id": KINDS.index(found.kind),
                "bbox": [getattr(found.box_px, n) for n in ("left", "top", "width", "height")],
                "score": found.confidence,
            }
            for one in seen
            for found in one.sight.objects
        ]
        judged = COCOeval(truth, truth.loadRes(rows), "bbox")
        judged.params.imgIds = [one.no for one in seen]
        for step in (judged.evaluate, judged.accumulate, judged.summarize):
            step()
    names = {"AP": 0, "AP50": 1, "small": 3, "medium": 4, "large": 5}
    return {name: float(judged.stats[n]) for name, n in names.items()}


def measured(analysis: LabelAnalysis, seen: Sequence[Seen]) -> dict[str, Pairs]:
    """(confidence, whether it is right) of boxes, of objects' labels, and of ImageNet's labels."""
    objects = set(read_taxonomy().objects.values())
    box = analysis._calibration.box.probability
    of_coco, of_imagenet = ([s for s in seen if s.set == name] for name in ("coco", "imagenet"))
    return {
        "boxes (COCO)": [(box(s), right) for one in of_coco for s, right in right_boxes(one)],
        "labels of objects (COCO)": [
            (label.confidence, label.named.name in one.labels)
            for one in of_coco
            for label in analysis.labels(one.sight)
            if label.named.name in objects
        ],
        "labels of scenes (ImageNet)": [
            (confidence, name in one.labels)
            for one in of_imagenet
            for name, confidence in analysis._scene_confidences(one.sight.scene).items()
        ],
        "labels of scenes (COCO, things that it names)": [
            (confidence, name in one.labels)
            for one in of_coco
            for name, confidence in analysis._scene_confidences(one.sight.scene).items()
            if name in objects
        ],
    }


def reliability(name: str, pairs: Pairs) -> None:
    print(f"{name}: {precision(pairs):.3f} right at {MIN_CONFIDENCE:.2f} and more")
    for low, high in BINS:
        rows = [row for row in pairs if low <= row[0] < high]
        if rows:
            said, right = (float(np.mean(column)) for column in zip(*rows, strict=True))
            print(
                f"  {low:.2f}-{min(high, 1):.2f}  n {len(rows):5}  said {said:.2f}  is {right:.2f}"
            )


def precision(pairs: Pairs) -> float:
    return float(np.mean([right for confidence, right in pairs if confidence >= MIN_CONFIDENCE]))


def fit(seen: Sequence[Seen]) -> None:
    """Print pictures.toml's tables, fitted by maximum likelihood."""
    taxonomy = read_taxonomy()
    presence, scenes = [], []
    objects = set(taxonomy.objects.values())
    names = list(taxonomy.labels)
    for one in seen:
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
    boxes = [row for one in seen if one.set == "coco" for row in right_boxes(one)]
    for table, pairs in (("box", boxes), ("presence", presence), ("scene", scenes)):
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
