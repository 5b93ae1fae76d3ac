"""The peers of benchmarks/faces.py, run inside .bench-venv: reads paths, answers with seconds,
wall clock and processor.

Each as its own documentation shows it; zeros where it finds no face. OpenCV is held to one thread.
DeepFace was seen to spend more processor time than passed on the clock, so it uses several: compare
by processor time.
"""

import importlib
import io
import os
import sys
import tempfile
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


def deepface(yunet, sface):
    """With the same files, put where it would have downloaded its own."""
    home = tempfile.mkdtemp()
    weights = Path(home, ".deepface/weights")
    weights.mkdir(parents=True)
    (weights / "face_detection_yunet_2023mar.onnx").symlink_to(yunet)
    (weights / "face_recognition_sface_2021dec.onnx").symlink_to(sface)
    os.environ |= {"DEEPFACE_HOME": home, "TF_CPP_MIN_LOG_LEVEL": "3"}
    cv2, library = (importlib.import_module(name) for name in ("cv2", "deepface.DeepFace"))
    cv2.setNumThreads(1)

    def embed(data):
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        try:
            found = library.represent(image, model_name="SFace", detector_backend="yunet")
        except ValueError as error:
            if "Face could not be detected" in str(error):
                return None
            raise
        return found[0]["embedding"]

    return embed


PEERS = {"opencv": opencv, "face_recognition": face_recognition, "deepface": deepface}


def main():
    embed = PEERS[sys.argv[1]](*sys.argv[2:])
    for line in sys.stdin:
        data = Path(line.strip()).read_bytes()
        start, cpu = time.perf_counter(), time.process_time()
        found = embed(data)
        taken = time.perf_counter() - start, time.process_time() - cpu
        print(*(taken if found is not None else (0.0, 0.0)), flush=True)


if __name__ == "__main__":
    main()
