"""The peer of benchmarks/video.py and live.py, run inside .bench-venv: detection and recognition in
each frame, as OpenCV's own sample does, or in every so many-th of those that are decoded. Prints
what each frame looked at took, in seconds by the clock and of all threads, and its faces."""

import importlib
import sys
import time

FRAMES = 50


def main():
    cv2 = importlib.import_module("cv2")
    path, yunet, sface, every = sys.argv[1:]
    video = cv2.VideoCapture(path)
    size = [int(video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(video.get(cv2.CAP_PROP_FRAME_HEIGHT))]
    detector = cv2.FaceDetectorYN.create(yunet, "", size, 0.6, 0.3)
    recogniser = cv2.FaceRecognizerSF.create(sface, "")
    found = 0
    start, cpu = time.perf_counter(), time.process_time()
    seen = 0
    while seen < FRAMES:
        for _ in range(int(every) - 1):
            video.grab()
        read, image = video.read()
        if not read:
            break
        seen += 1
        _, faces = detector.detect(image)
        for face in () if faces is None else faces:
            recogniser.feature(recogniser.alignCrop(image, face))
            found += 1
    taken = time.perf_counter() - start, time.process_time() - cpu
    print(*(seconds / seen for seconds in taken), found / seen)


if __name__ == "__main__":
    main()
