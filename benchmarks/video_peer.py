"""The peer of benchmarks/video.py, run inside .bench-venv: detection and recognition in each frame,
as OpenCV's own sample does. Prints the seconds that each frame took, and its faces."""

import importlib
import sys
import time

FRAMES = 50


def main():
    cv2 = importlib.import_module("cv2")
    path, yunet, sface = sys.argv[1:]
    video = cv2.VideoCapture(path)
    size = [int(video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(video.get(cv2.CAP_PROP_FRAME_HEIGHT))]
    detector = cv2.FaceDetectorYN.create(yunet, "", size, 0.6, 0.3)
    recogniser = cv2.FaceRecognizerSF.create(sface, "")
    found = 0
    start = time.perf_counter()
    seen = 0
    while seen < FRAMES:
        read, image = video.read()
        if not read:
            break
        seen += 1
        _, faces = detector.detect(image)
        for face in () if faces is None else faces:
            recogniser.feature(recogniser.alignCrop(image, face))
            found += 1
    print((time.perf_counter() - start) / seen, found / seen)


if __name__ == "__main__":
    main()
