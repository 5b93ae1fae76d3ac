"""Measures how rare each cosine is between strangers and writes the calibration of similarity.

    python -m benchmarks.calibrate --lfw ../shared/data/lfw

The same images and models give the same file.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from beholden.analysis.calibration import Calibration
from beholden.engines.models.manifest import read_manifest
from beholden.evaluation.comparisons import (
    Comparisons,
    compare_all,
    false_matches,
    false_non_matches,
)
from beholden.evaluation.rates import Rate
from beholden.evaluation.resampling import SubjectDraws
from beholden.evaluation.tail import TailFit, fit_tail
from benchmarks.lfw import Vision, fold_accuracies, images

OUT = Path(__file__).parents[1] / "src/beholden/vision/calibration"
# What a similarity means: the share of non-mated pairs that reach it, as a power of ten.
POWERS = (0.0, -4.0, -5.0, -6.0)
SIMILARITIES_PCT = (0.0, 80.0, 90.0, 99.0)
STATED_PCT = (80.0, 90.0, 95.0, 99.0)
STEPS_PER_DECADE = 4
TAIL_FROM = -3.0
# One person under two names, seen in the pairs that scored highest: their folders count as one
# subject, so that no pair of theirs is taken for strangers.
ALIASES = {"Hassan_Wirajuda": "Hasan_Wirayuda", "Nora_Bendijo": "Flor_Montulo"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lfw", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=OUT, help="folder to write to")
    options = parser.parse_args()
    version = read_manifest()["sface"].face_model_version
    vision, paths = Vision.open(), images(options.lfw)
    embeddings = np.stack([vision.embed(path) for path in paths])
    names = [ALIASES.get(path.parent.name, path.parent.name) for path in paths]
    subjects = np.unique(names, return_inverse=True)[1].astype(np.int64)
    mated, non_mated = compare_all(embeddings, np.arange(len(paths)), subjects)
    tail = fit_tail(non_mated, SubjectDraws.make(int(subjects.max()) + 1))
    assert tail is not None
    knots = list(knots_of(non_mated, tail))
    stated = list(statements(Calibration(*zip(*knots, strict=True)), mated, non_mated, tail))
    target = options.out / f"similarity-{version}.toml"
    target.write_text(document(knots, stated, mated, non_mated), encoding="utf-8")
    print(f"{target} written")
    print("\n".join(stated))
    stems = dict(zip((path.stem for path in paths), embeddings, strict=True))
    accuracies = fold_accuracies(stems, options.lfw)
    print(f"LFW folds 1-3: {np.mean(accuracies):.4f} ({accuracies})")


def knots_of(non_mated: Comparisons, tail: TailFit) -> Iterator[tuple[float, float]]:
    """(score, similarity): counted down to one in a thousand, by the fitted tail beyond."""
    ascending = np.sort(non_mated.scores)
    yield -1.0, 0.0
    for step in range(1, int(-POWERS[-1] * STEPS_PER_DECADE) + 1):
        power = -step / STEPS_PER_DECADE
        share = 10**power
        counted = float(ascending[-max(1, round(share * len(ascending)))])
        score = counted if power >= TAIL_FROM else tail.fitted.threshold(share)
        yield score, float(np.interp(power, POWERS[::-1], SIMILARITIES_PCT[::-1]))
    yield 1.0, 100.0


def statements(
    scale: Calibration, mated: Comparisons, non_mated: Comparisons, tail: TailFit
) -> Iterator[str]:
    """What was counted at each stated similarity, as TOML tables, 95% intervals over subjects."""
    draws = SubjectDraws.make(int(max(mated.subject_a.max(), non_mated.subject_b.max())) + 1)
    scores = [scale.score(pct) for pct in STATED_PCT]
    fmr, fnmr = false_matches(non_mated, scores, draws), false_non_matches(mated, scores, draws)
    for pct, score in zip(STATED_PCT, scores, strict=True):
        spread = np.percentile([t.fmr(score) for t in tail.replicates], (2.5, 97.5))
        yield "\n".join(
            [
                "[[stated]]",
                f"similarity_pct = {pct}",
                f"score = {score:.4f}",
                f"fmr_tail = [{tail.fitted.fmr(score):.2e}, {spread[0]:.1e}, {spread[1]:.1e}]",
                f"fmr = {counted(fmr.at(score))}",
                f"fnmr = {counted(fnmr.at(score))}",
            ]
        )


def counted(rate: Rate) -> str:
    return f"[{rate.rate:.2e}, {rate.low:.1e}, {rate.high:.1e}]  # {rate.errors} of {rate.trials}"


def document(
    knots: list[tuple[float, float]], stated: list[str], mated: Comparisons, non_mated: Comparisons
) -> str:
    rows = "".join(f"  [{score:.5f}, {similarity:g}],\n" for score, similarity in knots)
    return (
        f"# Written by benchmarks/calibrate.py from LFW: {len(non_mated)} non-mated and "
        f"{len(mated)} mated pairs.\n"
        "# Cosine and the similarity that it stands for: 20 points for each power of ten that a\n"
        "# non-mated pair is rarer, down to 1e-4 at 80; 1e-5 at 90; 1e-6 at 99. Beyond one in a\n"
        "# thousand the scores come from a generalised Pareto tail fitted to the highest ones.\n"
        f"knots = [\n{rows}]\n\n"
        "# Rates as [rate, low, high], 95% intervals, bootstrap over subjects: `fmr` and `fnmr`\n"
        "# are counted, `fmr_tail` is the fit's.\n" + "\n\n".join(stated) + "\n"
    )


if __name__ == "__main__":
    main()
