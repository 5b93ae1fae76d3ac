"""Reading text on one core: Beholden and rapidocr with the same networks, taking turns.

    python -m benchmarks.text [--images 14] [--engine onnxruntime|openvino]
    python -m benchmarks.text --reliability    how often a confidence is right
    python -m benchmarks.text --fit            the numbers of vision/calibration/text.toml

rapidocr lives in .bench-venv, put there by pip. Both read every picture once before it is timed.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean

import cv2
import numpy as np

from beholden.engines.inference.openvino import OpenVino
from beholden.evaluation.counts import rates
from beholden.evaluation.observe import Found
from beholden.evaluation.reliability import reliability
from beholden.evaluation.text import text_counts, word_f1
from beholden.evaluation.words import judged, plain
from beholden.vision.calibration.text import character_odds
from benchmarks.clocks import Spent, medians, once, ranged, timed
from benchmarks.label_accuracy import shown
from benchmarks.limits import Counting, Peaks
from benchmarks.peers import asked, install
from benchmarks.text_sets import Picture, Reader, crops, receipts, scenes

ROOT = Path(__file__).parents[1]
PEER_PACKAGES = ("rapidocr==3.10.0", "onnxruntime", "openvino")
# rapidocr leaves out lines under 0.5 by itself; DetectText words under 0.5, or 0.8 if it filters.
CUTS = (0.0, 0.5, 0.8)

Run = Callable[[str, Path], tuple[Spent, list[Found] | str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ocr", type=Path, default=ROOT.parent / "shared/data/ocr")
    parser.add_argument("--images", type=int, default=14)
    parser.add_argument("--engine", choices=("onnxruntime", "openvino"), default="onnxruntime")
    parser.add_argument("--reliability", action="store_true")
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    reader = Reader.open()
    if options.reliability or options.fit:
        (fit if options.fit else confidences)(reader, options.ocr)
        return
    runners = {"beholden": beholden(reader)}
    reason = install(PEER_PACKAGES)
    if not reason:
        runners["rapidocr"] = rapidocr(options.engine)
    compare(runners, options.ocr, options.images)
    if reason:
        print(f"\nrapidocr was not run: {reason}")
    limit(reader, options.ocr, options.images)


def compare(runners: dict[str, Run], ocr: Path, images: int) -> None:
    """Every picture by everybody, one after the other."""
    streets = scenes(ocr)[:: max(1, 56 // images)][:images]
    for name, pictures in (("scenes", streets), ("receipts", receipts(ocr))):
        print(f"\n{name}, {len(pictures)} pictures")
        read, taken = take_turns(runners, pictures)
        for who, results in read.items():
            print(f"  {who:10} {spent(taken[who])}  {agreement(name, results)}")
        if "rapidocr" in taken:
            print(f"  ratio      {ratio(taken['beholden'], taken['rapidocr'])}")
    words = crops(ocr)
    print(f"\ncrops, {len(words)} words")
    for who, run in runners.items():
        right = sum(plain(run("crop", path)[1]) == plain(text) for path, text in words.items())
        print(f"  {who:10} {right / len(words):.3f} right")


def limit(reader: Reader, ocr: Path, images: int) -> None:
    """What the networks multiply for a scene, beside what the processor takes for it."""
    counting = Counting(OpenVino(streams=1))
    counted, streets = Reader.open(counting), scenes(ocr)[:: max(1, 56 // images)][:images]
    taken = [beholden(reader)("whole", street.path)[0][1] for street in streets]
    for street in streets:
        counted.words(street.path)
    each = counting.operations / len(streets)
    print(f"\na scene, on average: {Peaks.measured().beside(each, mean(taken))}")


def take_turns(runners: dict[str, Run], pictures: Sequence[Picture]) -> tuple[dict, dict]:
    """What each found, and what each took, picture by picture."""
    read = {name: [] for name in runners}
    taken = {name: [] for name in runners}
    for picture in pictures:
        for name, run in runners.items():
            run("whole", picture.path)
            took, words = run("whole", picture.path)
            read[name].append((picture, words))
            taken[name].append(took)
    return read, taken


def spent(taken: Sequence[Spent]) -> str:
    return f"{medians(taken)}, {once(1e3 * mean(wall for wall, _ in taken))} ms on average"


def ratio(ours: Sequence[Spent], theirs: Sequence[Spent]) -> str:
    (wall, cpu), (their_wall, their_cpu) = (zip(*taken, strict=True) for taken in (ours, theirs))
    each, cpus = (
        ranged([b / a for a, b in zip(*both, strict=True)], ".2f")
        for both in ((wall, their_wall), (cpu, their_cpu))
    )
    whole = sum(their_wall) / sum(wall)
    return f"{each} median of pictures (CPU {cpus}), {once(whole, '.2f')} in all"


def agreement(name: str, read: Sequence[tuple[Picture, list[Found]]]) -> str:
    """At each least score: F1 with precision and recall, or character errors."""
    parts = []
    for cut in CUTS:
        kept = [(p.page, [w for w in words if w.confidence >= cut]) for p, words in read]
        counts = text_counts(kept)
        wrong = {measure: rate.rate for measure, rate in rates(counts).items()}
        if name == "scenes":
            both = f"{1 - wrong['false']:.2f}, {1 - wrong['missed']:.2f}"
            parts.append(f"F1 {word_f1(counts).value:.3f} ({both}) at {cut}")
        else:
            parts.append(f"CER {wrong['characters']:.3f} at {cut}")
    return "  ".join(parts)


def beholden(reader: Reader) -> Run:
    def run(kind: str, path: Path) -> tuple[Spent, list[Found] | str]:
        found, spent = timed(partial(reader.crop if kind == "crop" else reader.words, path))
        return spent, found

    return run


def rapidocr(engine: str) -> Run:
    """A process that answers each path with what it found and what it took."""
    ask = asked(Path(__file__).with_name("text_peers.py"), engine)

    def run(kind: str, path: Path) -> tuple[Spent, list[Found] | str]:
        answer = json.loads(ask(f"{kind} {path}"))
        words = answer["words"]
        if kind == "whole":
            words = [Found(text, least, tuple(np.ravel(c))) for c, text, least in words]
        return answer["spent"], words

    return run


def confidences(reader: Reader, ocr: Path) -> None:
    """The share of words that are right, by the confidence that was stated."""
    for name, pictures in (("scenes", scenes(ocr)), ("receipts", receipts(ocr))):
        verdicts = [v for p in pictures for v in judged(p.page, reader.words(p.path))]
        shown(reliability(name, [(word.confidence, right) for word, right in verdicts], 0.5))


def fit(reader: Reader, ocr: Path) -> None:
    """Logistic regression (Newton's method), scenes and receipts counting the same; then the log
    loss on pictures that a fit on every other picture had not seen."""
    rows = list(measurements(reader, ocr))
    inputs = np.array([[odds, place, 1.0] for odds, place, *_ in rows])
    right, scene, half = (np.array([row[i] for row in rows]) for i in (2, 3, 4))
    weights = np.where(scene, 1 / scene.sum(), 1 / (~scene).sum()) * len(rows) / 2
    unseen = np.zeros(len(rows))
    for which in (False, True):
        seen = half == which
        found = regression(inputs[seen], right[seen], weights[seen])
        unseen[~seen] = 1 / (1 + np.exp(-inputs[~seen] @ found))
    loss = -np.average(np.log(np.where(right, unseen, 1 - unseen)), weights=weights)
    found = regression(inputs, right, weights)
    print(f"{len(rows)} words, log loss on unseen pictures {loss:.3f}")
    print("character = {:.2f}\nplace = {:.2f}\nbias = {:.2f}".format(*found))


def measurements(reader: Reader, ocr: Path):
    """(log odds of the characters, score of the place, right, scene, half) of each word."""
    for scene, pictures in ((True, scenes(ocr)), (False, receipts(ocr))):
        for number, picture in enumerate(pictures):
            image = reader.decode(picture.path)
            words, known = [], {}
            for place in reader.analysis._in_order(
                image.pixels, reader.analysis._detector(image.pixels)
            ):
                _, reading = reader.analysis._read(image.pixels, place.quad_px)
                odds = [character_odds(reading.probabilities[w]) for w, *_ in reading.words()]
                for word, odd in zip(
                    reader.analysis._words(image.pixels, place), odds, strict=True
                ):
                    corners = tuple(word.quad_px.ravel().tolist())
                    words.append(Found(word.text, word.confidence, corners))
                    known[id(words[-1])] = odd, place.score
            for word, right in judged(picture.page, words):
                yield *known[id(word)], right, scene, number % 2 == 0


def regression(inputs: np.ndarray, right: np.ndarray, weights: np.ndarray) -> np.ndarray:
    found = np.zeros(inputs.shape[1])
    for _ in range(50):
        told = 1 / (1 + np.exp(-inputs @ found))
        slope = inputs.T @ (weights * (right - told)) - 0.01 * found
        curve = (inputs.T * (weights * told * (1 - told))) @ inputs + 0.01 * np.eye(len(found))
        found = found + np.linalg.solve(curve, slope)
    return found


if __name__ == "__main__":
    main()
