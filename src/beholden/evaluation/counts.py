"""Error rates of what is counted image by image, over all and by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from beholden.domain.arrays import Int64
from beholden.evaluation.groups import Group, GroupRate, judged
from beholden.evaluation.rates import Rate
from beholden.evaluation.resampling import rate_over_images

Counts = Mapping[str, tuple[Int64, Int64]]
"""By the name of a rate: errors and trials on each image, both (n,)."""


def rates(counts: Counts) -> dict[str, Rate]:
    return {name: rate_over_images(*both) for name, both in counts.items()}


def by_group(counts: Counts, groups: Sequence[Group]) -> tuple[GroupRate, ...]:
    """The rates of each group, whose subjects are its images."""
    rows = [
        GroupRate(
            group.grouping,
            group.label,
            name,
            similarity_pct=None,
            in_use=True,
            subjects=int(group.members.sum()),
            rate=rate_over_images(errors[group.members], trials[group.members]),
        )
        for group in groups
        for name, (errors, trials) in counts.items()
    ]
    return judged(rows, {(name, None): rate for name, rate in rates(counts).items()})
