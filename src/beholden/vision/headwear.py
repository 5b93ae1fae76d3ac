"""Whether a head is covered, by the kinds of ImageNet that are worn on heads.

No network was trained for it: the classifier of scenes looks at the head alone, and what it takes
for a helmet, a cap or a hat counts, whichever. What that reaches: docs/model-cards/equipment.md.
"""

from __future__ import annotations

import numpy as np

from beholden.domain.arrays import UInt8
from beholden.vision.crops import Square, cut
from beholden.vision.scenes import INPUT_PX, Classifier

KINDS = {
    433: "bathing cap",
    439: "bearskin",
    452: "bonnet",
    515: "cowboy hat",
    518: "crash helmet",
    560: "football helmet",
    570: "gasmask",
    667: "mortarboard",
    715: "pickelhaube",
    793: "shower cap",
    796: "ski mask",
    808: "sombrero",
}
"""What is worn on heads, of ImageNet's 1000 kinds by number."""


class HeadCoverClassifier:
    """Callable: an image and the square of a head in it to how covered that looks, 0..1."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def __call__(self, pixels: UInt8, head: Square) -> float:
        """The probability of all kinds of headwear together, in `pixels` (h, w, 3) uint8 RGB."""
        probabilities = self._classifier(cut(pixels, head, INPUT_PX))
        return float(probabilities[np.array(list(KINDS))].sum())
