"""rapidocr, run by its own interpreter: paths in, JSON out. See benchmarks/text.py.

text_peers.py onnxruntime|openvino
"""

from __future__ import annotations

import json
import os
import sys
import time

from rapidocr import EngineType, RapidOCR

ENGINES = {"onnxruntime": EngineType.ONNXRUNTIME, "openvino": EngineType.OPENVINO}


def main() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    engine = RapidOCR(
        params={
            "Global.return_word_box": True,
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.openvino.inference_num_threads": 1,
            **{f"{step}.engine_type": ENGINES[sys.argv[1]] for step in ("Det", "Cls", "Rec")},
        }
    )
    for line in sys.stdin:
        kind, path = line.rstrip("\n").split(" ", 1)
        start, used = time.perf_counter(), time.process_time()
        found = engine(path, use_det=kind == "whole", use_cls=kind == "whole")
        spent = time.perf_counter() - start, time.process_time() - used
        answer = {"spent": spent, "words": _words(found) if kind == "whole" else _crop(found)}
        print(json.dumps(answer), flush=True)


def _words(found) -> list:
    """(corners, text, score) of every word."""
    lines = found.word_results if found.txts is not None else ()
    return [
        ([[float(n) for n in point] for point in corners], text, float(score))
        for line in lines
        for text, score, corners in line
    ]


def _crop(found) -> str:
    return found.txts[0] if found.txts else ""


if __name__ == "__main__":
    main()
