"""How many faces the detector finds, how small and how large, and what it takes for one.

python -m benchmarks.detection
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from beholden.domain.arrays import UInt8
from beholden.domain.face import FaceDetection
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from benchmarks.clocks import medians, timed
from benchmarks.lfw import Vision, central, folds

DATA = Path(__file__).parents[2] / "shared/data"
PERSON = 0
LFW_FACE_PX = 88
SMALL_FACES_PX = (24, 40, 60)
FRAME_FILLED_BY_PX = (80, 160, 320, 640, 1280, 1920)
SMALL_PAIRS = 200
# FMR 1e-3, see docs/model-cards/face-recognition.md.
SCORE_AT_60 = 0.365


def main() -> None:
    cv2.setNumThreads(1)
    vision = Vision.open()
    group_photos(vision)
    without_people(vision)
    filling_the_frame(vision)
    for face_px in SMALL_FACES_PX:
        small_in_full_hd(vision, face_px)


def group_photos(vision: Vision) -> None:
    boxes = [
        (DATA / "face_boxes_dlib" / (image.get("file") or ""), image.findall("box"))
        for name in ("testing", "training")
        for image in ET.parse(DATA / f"face_boxes_dlib/{name}.xml").iter("image")
    ]
    found = expected = extra = 0
    for path, nodes in boxes:
        truth = [
            Box(*(float(n.get(k, 0)) for k in ("left", "top", "width", "height"))) for n in nodes
        ]
        faces = [face.box_px for face in vision.analysis.detect(vision.decode(path))]
        found += sum(any(overlap(box, face) > 0.3 for face in faces) for box in truth)
        extra += sum(all(overlap(box, face) <= 0.3 for box in truth) for face in faces)
        expected += len(truth)
    print(f"group photos: {found} of {expected} boxes found, {extra} others")


def without_people(vision: Vision) -> None:
    coco = json.loads((DATA / "coco200/annotations.json").read_text())
    people = {a["image_id"] for a in coco["annotations"] if a["category_id"] == PERSON}
    free = [
        DATA / "coco200/images" / i["file_name"] for i in coco["images"] if i["id"] not in people
    ]
    for name, paths in (("COCO without people", free), ("ImageNet", [*DATA.glob("imagenet40/*")])):
        taken, count = [], 0
        for path in paths:
            faces, took = timed(partial(vision.analysis.detect, vision.decode(path)))
            count += len(faces)
            taken.append(took)
        print(f"{name}: {count} faces in {len(paths)} images, {medians(taken)} each")


def filling_the_frame(vision: Vision) -> None:
    """Tight crops of faces, enlarged or reduced: is the face still found?"""
    crops = []
    for path in sorted(DATA.glob("celebamask80/images/*"))[::2]:
        image = vision.decode(path)
        crops.append(cut(image.pixels, vision.analysis.detect(image)[0]))
    for side in FRAME_FILLED_BY_PX:
        scaled = [
            cv2.resize(c, None, fx=side / max(c.shape), fy=side / max(c.shape)) for c in crops
        ]
        hits = sum(any(large(f, c) for f in vision.analysis.detect(Image(c, b""))) for c in scaled)
        print(f"a face that fills a frame of {side} px: {hits} of {len(crops)}")


def small_in_full_hd(vision: Vision, face_px: int) -> None:
    """LFW faces reduced to `face_px`, each in a frame of 1920x1080: found, and still told apart?"""
    pairs = folds(DATA / "lfw")[0]
    chosen = pairs[: SMALL_PAIRS // 2] + pairs[-SMALL_PAIRS // 2 :]
    embeddings = {}
    stems = sorted({stem for *pair, _ in chosen for stem in pair})
    for stem in stems:
        lfw = vision.decode(DATA / "lfw/images" / stem.rsplit("_", 1)[0] / f"{stem}.jpg").pixels
        scale = face_px / LFW_FACE_PX
        small = cv2.resize(lfw, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        frame = np.full((1080, 1920, 3), 90, np.uint8)
        top, left = (1080 - len(small)) // 2, (1920 - len(small)) // 2
        frame[top : top + len(small), left : left + len(small)] = small
        image = Image(frame, b"")
        if faces := vision.analysis.detect(image):
            embeddings[stem] = vision.analysis.embed(image, [central(image, faces)])[0][0]
    scores = [
        embeddings[a] @ embeddings[b]
        for a, b, mated in chosen
        if mated and a in embeddings and b in embeddings
    ]
    below = np.mean(np.array(scores) < SCORE_AT_60)
    print(
        f"{face_px} px in 1920x1080: {len(embeddings)} of {len(stems)} found; "
        f"mated cosine {np.mean(scores):.3f}, {below:.3f} below similarity 60"
    )


def cut(pixels: UInt8, face: FaceDetection) -> UInt8:
    box = face.box_px
    top, left = max(0, round(box.top)), max(0, round(box.left))
    return np.ascontiguousarray(pixels[top : round(box.bottom), left : round(box.right)])


def large(face: FaceDetection, crop: UInt8) -> bool:
    height, width = crop.shape[:2]
    return overlap(face.box_px, Box(0, 0, width, height)) > 0.5


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    common = max(0.0, width) * max(0.0, height)
    return common / (a.area + b.area - common)


if __name__ == "__main__":
    main()
