"""The peers of benchmarks/faces.py, run inside .bench-venv: reads paths, answers with seconds.

Each as its own documentation shows it, on one thread; 0 where it finds no face.
"""

import importlib
import io
import sys
import time
from pathlib import Path

import numpy as np


def opencv(yunet, sface):
    cv2 = importlib.import_module("cv2")
    cv2.setNumThreads(1)
    detector = cv2.FaceDetectorYN.create(yunet, "", (250, 250), 0.6, 0.3)
    recognizer = cv2.FaceRecognizerSF.create(sface, "")

    def embed(data):
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        detector.setInputSize(image.shape[1::-1])
        _, faces = detector.detect(image)
        if faces is None:
            return None
        return recognizer.feature(recognizer.alignCrop(image, faces[0]))

    return embed


def face_recognition(*_):
    library = importlib.import_module("face_recognition")

    def embed(data):
        found = library.face_encodings(library.load_image_file(io.BytesIO(data)))
        return found[0] if found else None

    return embed


def main():
    embed = {"opencv": opencv, "face_recognition": face_recognition}[sys.argv[1]](*sys.argv[2:])
    for line in sys.stdin:
        data = Path(line.strip()).read_bytes()
        start = time.perf_counter()
        found = embed(data)
        print(time.perf_counter() - start if found is not None else 0.0, flush=True)


if __name__ == "__main__":
    main()
