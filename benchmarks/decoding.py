"""What decoding costs: ImageDecoder (Pillow) and OpenCV, one thread, the same bytes.

python -m benchmarks.decoding
"""

from __future__ import annotations

import io
import resource
from collections.abc import Callable
from statistics import median
from time import perf_counter

import cv2
import numpy as np
from PIL import Image
from skimage import data

from beholden.analysis.image import ImageDecoder

SIZES = ((250, 250), (1920, 1080), (4000, 3000))
MAX_BYTES = 15 * 2**20


def main() -> None:
    cv2.setNumThreads(1)
    decoder = ImageDecoder()
    for width, height in SIZES:
        picture = cv2.resize(data.astronaut(), (width, height), interpolation=cv2.INTER_CUBIC)
        jpeg = encoded(picture, "JPEG", quality=90)
        reduced = cv2.IMREAD_COLOR_RGB if width <= 1920 else cv2.IMREAD_REDUCED_COLOR_2
        array = np.frombuffer(jpeg, np.uint8)
        ours = milliseconds(lambda jpeg=jpeg: decoder.decode(jpeg, max_bytes=MAX_BYTES))
        theirs = milliseconds(lambda a=array, flag=reduced: cv2.imdecode(a, flag))
        print(f"{width}x{height} JPEG: ImageDecoder {ours:.2f} ms, cv2.imdecode {theirs:.2f} ms")
    dearest = encoded(np.zeros((5000, 5000, 4), np.uint8), "PNG", compress_level=1)
    before, start = peak_mb(), perf_counter()
    decoder.decode(dearest, max_bytes=MAX_BYTES)
    print(f"5000x5000 PNG with alpha: {perf_counter() - start:.2f} s, {peak_mb() - before:.0f} MB")


def encoded(picture: np.ndarray, kind: str, **options: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, kind, **options)
    return stream.getvalue()


def milliseconds(call: Callable[[], object], times: int = 21) -> float:
    taken = []
    for _ in range(times):
        start = perf_counter()
        call()
        taken.append(perf_counter() - start)
    return median(taken) * 1e3


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
