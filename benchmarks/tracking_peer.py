"""norfair on detections from standard input; run by benchmarks.tracking in the peers' environment.

Each look is a list of (left, top, right, bottom, confidence); the answer's are of the same looks,
(left, top, right, bottom, track). Its own example's settings for boxes: IoU, a hit to start.
"""

import json
import sys

import numpy as np
from norfair import Detection, Tracker


def main() -> None:
    tracker = Tracker(
        distance_function="iou",
        distance_threshold=0.7,
        initialization_delay=0,
        hit_counter_max=15,
    )
    answer = []
    for look in json.load(sys.stdin):
        detections = [
            Detection(np.array([[left, top], [right, bottom]]), np.array([sure, sure]))
            for left, top, right, bottom, sure in look
        ]
        active = [one for one in tracker.update(detections) if one.hit_counter_is_positive]
        seen = [one for one in active if one.last_detection in detections]
        answer.append([[*one.last_detection.points.ravel().tolist(), one.id] for one in seen])
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
