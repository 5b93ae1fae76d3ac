"""The peer of benchmarks/labels.py, run inside .bench-venv: reads paths, answers with the seconds
it took, on the clock and of the processor, and how often it looked.

The same graphs, the same tiles, the same rule for them.
"""

import importlib
import sys
import time
from pathlib import Path

import numpy as np

TILED_FROM_PX, SHARE, SMALL, SCORE = 400, 0.6, 0.15, 0.3


def main():
    cv2 = importlib.import_module("cv2")
    cv2.setNumThreads(1)
    graph, lite, description = sys.argv[1:]
    network = cv2.dnn.readNetFromTensorflow(graph, description)
    interpreter = importlib.import_module("ai_edge_litert.interpreter").Interpreter
    scenes = interpreter(lite, num_threads=1)
    scenes.allocate_tensors()
    (given,), (answer,) = scenes.get_input_details(), scenes.get_output_details()

    def look(pixels):
        network.setInput(cv2.dnn.blobFromImage(pixels, size=(300, 300), swapRB=True))
        rows = network.forward()[0, 0]
        return rows[rows[:, 2] >= SCORE]

    def analyse(data):
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        height, width = pixels.shape[:2]
        found, looks = look(pixels), 1
        areas = (found[:, 5] - found[:, 3]) * (found[:, 6] - found[:, 4])
        if max(height, width) >= TILED_FROM_PX and (not len(found) or areas.min() < SMALL):
            w, h = round(width * SHARE), round(height * SHARE)
            for left in (0, width - w):
                for top in (0, height - h):
                    look(pixels[top : top + h, left : left + w])
                    looks += 1
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = pixels[top : top + side, left : left + side, ::-1]
        square = cv2.resize(np.ascontiguousarray(square), (280, 280), interpolation=cv2.INTER_CUBIC)
        scenes.set_tensor(given["index"], square[None])
        scenes.invoke()
        scenes.get_tensor(answer["index"])
        return looks

    for line in sys.stdin:
        data = Path(line.strip()).read_bytes()
        start, began = time.perf_counter(), time.process_time()
        looks = analyse(data)
        print(time.perf_counter() - start, time.process_time() - began, looks, flush=True)


if __name__ == "__main__":
    main()
