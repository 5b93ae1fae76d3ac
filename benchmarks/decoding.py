"""What decoding costs: ImageDecoder (Pillow) and OpenCV, one thread, the same bytes, taking turns.

python -m benchmarks.decoding

The limit is bare libjpeg-turbo, which both decode by: OpenCV, which checks nothing besides.
"""

from __future__ import annotations

import io
import resource

import cv2
import numpy as np
from PIL import Image
from skimage import data

from beholden.analysis.image import ImageDecoder
from benchmarks.clocks import in_turns, medians, once, ranged, spent

SIZES = ((250, 250), (1920, 1080), (4000, 3000))
MAX_BYTES = 15 * 2**20
ROUNDS = 21


def main() -> None:
    cv2.setNumThreads(1)
    decoder = ImageDecoder()
    for width, height in SIZES:
        picture = cv2.resize(data.astronaut(), (width, height), interpolation=cv2.INTER_CUBIC)
        jpeg = encoded(picture, "JPEG", quality=90)
        reduced = cv2.IMREAD_COLOR_RGB if width <= 1920 else cv2.IMREAD_REDUCED_COLOR_2
        array = np.frombuffer(jpeg, np.uint8)
        ways = {
            "ImageDecoder": lambda jpeg=jpeg: decoder.decode(jpeg, max_bytes=MAX_BYTES),
            "cv2.imdecode": lambda a=array, flag=reduced: cv2.imdecode(a, flag),
        }
        taken = in_turns(ways, ROUNDS)
        shown = ", ".join(f"{name} {medians(both.T)}" for name, both in taken.items())
        ours, bare = (both[1] for both in taken.values())
        print(f"{width}x{height} JPEG: {shown}; {ranged(bare / ours, '.0%')} of the limit reached")
    dearest = encoded(np.zeros((5000, 5000, 4), np.uint8), "PNG", compress_level=1)
    before = peak_mb()
    taken = spent(lambda: decoder.decode(dearest, max_bytes=MAX_BYTES))
    print(f"5000x5000 PNG with alpha: {medians([taken])}, {once(peak_mb() - before)} MB")


def encoded(picture: np.ndarray, kind: str, **options: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, kind, **options)
    return stream.getvalue()


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
