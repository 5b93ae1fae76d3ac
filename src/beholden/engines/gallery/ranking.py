"""The second look: exact scores for what a scan found, and proof that nothing was missed."""

from __future__ import annotations

import numpy as np

from beholden.domain.arrays import Float16, Float32, Int64
from beholden.domain.face import Candidate
from beholden.engines.gallery.batch import widened
from beholden.engines.gallery.scan import Scan

SPARE = 16
WIDER = 4


def exact_scores(vectors: Float16, probe: Float32) -> Float32:
    """Inner products of (n, d) templates and a probe (d,), rounded once to float32: products of
    float16 and float32 are exact in float64, so neither processor nor order can change a score."""
    products = np.einsum("nd,d->n", widened(vectors).astype(np.float64), probe.astype(np.float64))
    return np.asarray(products, np.float32)


def ranked(scan: Scan, probes: Float32, limit: int, min_score: float) -> list[list[Candidate]]:
    """For each probe the best `limit` candidates of at least `min_score`, best first.

    What a scan left out scores at most its lowest estimate plus its error. Where that is not below
    the last candidate (or below `min_score`, with fewer candidates), look at more.
    """
    results: list[list[Candidate]] = [[] for _ in probes]
    unproven, count = list(range(len(probes))), limit + SPARE
    while unproven:
        count = min(count, scan.rows)
        asked = probes[unproven]
        scores, places = scan.best(asked, count)
        left_out = scores.min(axis=1) + scan.error(asked)
        for at, probe_no in enumerate(unproven):
            nos, vectors = scan.at(places[at][places[at] >= 0])
            exact = exact_scores(vectors, probes[probe_no])
            results[probe_no] = _best(nos, exact, limit, min_score)
        unproven = [
            probe_no
            for probe_no, possible in zip(unproven, left_out, strict=True)
            if count < scan.rows and possible >= _bar(results[probe_no], limit, min_score)
        ]
        count *= WIDER
    return results


def _best(nos: Int64, exact: Float32, limit: int, min_score: float) -> list[Candidate]:
    order = np.lexsort((nos, -exact))[:limit]
    order = order[exact[order].astype(np.float64) >= min_score]
    return list(map(Candidate, nos[order].tolist(), exact[order].tolist()))


def _bar(candidates: list[Candidate], limit: int, min_score: float) -> float:
    """What another template would have to score to belong to the answer."""
    return candidates[-1].score if len(candidates) == limit else min_score
