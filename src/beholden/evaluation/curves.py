"""What is read off the two error curves: DET, EER, thresholds for a target FMR, histograms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beholden.evaluation.rates import Float64, Rate, count_at_or_above, rate_of

# A target FMR is stated only if this many false matches stand behind it: with fewer, the 95%
# interval reaches beyond three times the rate.
FEWEST_ERRORS = 5
# Where a DET curve begins: nobody decides at more false matches than that.
HIGHEST_FMR = 0.1


def threshold_for(sorted_non_mated: Float64, target_fmr: float) -> float | None:
    """The lowest threshold whose FMR is at most `target_fmr`, from ascending scores.

    None if fewer than FEWEST_ERRORS false matches would stand behind the target.
    """
    allowed = int(np.floor(target_fmr * len(sorted_non_mated) + 1e-9))
    if allowed < FEWEST_ERRORS or allowed >= len(sorted_non_mated):
        return None
    return float(np.nextafter(sorted_non_mated[-allowed - 1], np.inf))


def equal_error_rate(mated: Float64, non_mated: Float64) -> tuple[float, float] | None:
    """(EER, threshold): where FMR and FNMR are nearest, their mean there (ISO/IEC 19795-1).

    Looks at every score that occurs. None if either kind is missing.
    """
    if not len(mated) or not len(non_mated):
        return None
    mated, non_mated = np.sort(mated), np.sort(non_mated)
    t = np.unique(np.concatenate([mated, non_mated, np.nextafter(non_mated[-1:], np.inf)]))
    fmr = count_at_or_above(non_mated, t) / len(non_mated)
    fnmr = 1 - count_at_or_above(mated, t) / len(mated)
    best = int(np.argmin(np.abs(fmr - fnmr)))
    return float((fmr[best] + fnmr[best]) / 2), float(t[best])


def det_thresholds(
    mated: Float64, non_mated: Float64, points: int = 60, highest: float = HIGHEST_FMR
) -> Float64:
    """Thresholds for a DET curve, evenly spaced on the axis of log FMR from `highest` down to a
    single false match, and then up the mated scores."""
    up = np.quantile(mated, np.linspace(0, 1, points // 3)) if len(mated) else np.empty(0)
    if not len(non_mated):
        return np.unique(up)
    ordered = np.sort(non_mated)[::-1]
    ranks = np.unique(np.geomspace(1, max(1, highest * len(ordered)), points).astype(int)) - 1
    beyond = np.nextafter(ordered[:1], np.inf)
    return np.unique(np.concatenate([ordered[ranks], beyond, up[up > ordered[ranks[-1]]]]))


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts between `edges` of raw cosine, one more edge than counts."""

    edges: tuple[float, ...]
    mated: tuple[int, ...]
    non_mated: tuple[int, ...]


def histogram(mated: Float64, non_mated: Float64, bins: int = 80) -> Histogram:
    every = np.concatenate([mated, non_mated])
    span = (float(every.min()), float(every.max())) if len(every) else (-1.0, 1.0)
    edges = np.histogram_bin_edges(every, bins, span)
    counted = (np.histogram(scores, edges)[0] for scores in (mated, non_mated))
    first, second = (tuple(int(n) for n in counts) for counts in counted)
    return Histogram(tuple(round(float(e), 5) for e in edges), first, second)


def decision_error(mated: Float64, non_mated: Float64, folds: int = 10) -> Rate | None:
    """The share of wrong same-or-not decisions; one less it is the accuracy that LFW reports.

    Folds are successive tenths of each kind, in list order; the threshold of each is the best one
    of the other nine (Huang et al., Labeled Faces in the Wild, 2007). None for too short a list.
    """
    if min(len(mated), len(non_mated)) < folds:
        return None
    parts = [np.array_split(scores, folds) for scores in (mated, non_mated)]
    wrong = 0
    for fold in range(folds):
        train = [np.concatenate(kind[:fold] + kind[fold + 1 :]) for kind in parts]
        threshold = _best_threshold(*train)
        wrong += int((parts[0][fold] < threshold).sum() + (parts[1][fold] >= threshold).sum())
    return rate_of(wrong, len(mated) + len(non_mated))


def _best_threshold(mated: Float64, non_mated: Float64) -> float:
    """The lowest of those with the fewest wrong decisions."""
    t = np.unique(np.concatenate([mated, non_mated]))
    wrong = len(mated) - count_at_or_above(np.sort(mated), t)
    wrong += count_at_or_above(np.sort(non_mated), t)
    return float(t[np.argmin(wrong)])
