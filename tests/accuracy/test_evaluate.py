"""`beholden evaluate` as an operator runs it: through the gate, with the installed models."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance


def beholden(*arguments, ok=True):
    done = subprocess.run(
        [sys.executable, "-m", "beholden", "evaluate", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode == 0) is ok, done.stderr
    return done


def table(path: Path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture
def portraits(tmp_path):
    """Three pictures of one person and one of nobody."""
    astronaut = Image.fromarray(pytest.importorskip("skimage.data").astronaut())
    astronaut.save(tmp_path / "a.png")
    ImageEnhance.Brightness(astronaut).enhance(0.7).save(tmp_path / "b.png")
    astronaut.rotate(8).save(tmp_path / "c.png")
    Image.fromarray(np.full((200, 200, 3), 90, np.uint8)).save(tmp_path / "wall.png")
    return tmp_path


def test_an_evaluation_is_measured_recorded_and_leaves_no_templates(portraits, models_dir):
    names = ["a.png", "b.png", "c.png", "wall.png"]
    path = table(portraits / "list.csv", [("image", "subject"), *((n, "ada") for n in names)])
    data = portraits / "deployment"
    beholden("verification", path, "--out", portraits / "report", "--data-dir", data)
    report = json.loads((portraits / "report.json").read_text())
    assert report["failures"]["reasons"] == {"NoFaceInImage": 1}
    used = next(row for row in report["results"]["thresholds"] if row["in_use"])
    assert (used["fnmr"]["errors"], used["fnmr"]["trials"]) == (0, 3)
    assert (used["frr"]["errors"], used["frr"]["trials"]) == (3, 6)
    assert len(report["source"]["sha256"]) == 64
    assert report["model_files"]["sface"]
    assert "data:image/jpeg" in (portraits / "report.html").read_text()
    assert not list((data / "evaluations").glob("*.work"))


def test_no_pictures_means_no_faces_in_the_report(portraits, models_dir):
    path = table(portraits / "list.csv", [("image", "subject"), ("a.png", "x"), ("c.png", "x")])
    where = ("--out", portraits / "r", "--data-dir", portraits / "deployment")
    beholden("verification", path, "--no-pictures", *where)
    assert "data:image" not in (portraits / "r.html").read_text()


def test_a_list_that_does_not_fit_is_one_line(portraits, models_dir):
    path = table(portraits / "list.csv", [("picture",), ("a.png",)])
    done = beholden("verification", path, "--data-dir", portraits / "deployment", ok=False)
    assert "OperatorError" in done.stderr
    assert "Traceback" not in done.stderr
