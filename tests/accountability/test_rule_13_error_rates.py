"""Rule 13: error rates by group are measured on the deployment's own data, filed in the log, and
stand on the public page, with a warning at the threshold in use."""

import csv
import json

import pytest
from PIL import Image, ImageEnhance
from skimage.data import astronaut
from typer.testing import CliRunner

from beholden.cli.app import app
from beholden.console.page import PublicKeys, html

KEYS = PublicKeys("k", "origin+1+k")


@pytest.fixture
def measured(tmp_path, house):
    """`beholden evaluate` on labelled pictures: one face under the names of two people, so that
    every comparison of the two is a false match."""
    face = Image.fromarray(astronaut()).resize((256, 256))
    pictures = {
        "a.png": face,
        "b.png": ImageEnhance.Brightness(face).enhance(0.8),
        "c.png": face.rotate(6),
        "d.png": ImageEnhance.Contrast(face).enhance(0.8),
    }
    for name, picture in pictures.items():
        picture.save(tmp_path / name)
    rows = [("image", "subject", "gender")]
    rows += [
        ("a.png", "ada", "F"),
        ("b.png", "ada", "F"),
        ("c.png", "eve", "F"),
        ("d.png", "eve", "F"),
    ]
    with (tmp_path / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    home = house()
    home.deployment.close()
    where = ["--data-dir", str(home.folder), "--out", str(tmp_path / "made"), "--no-pictures"]
    asked = ["fairness", str(tmp_path / "list.csv"), "--group", "gender", "--in-use", "90"]
    done = CliRunner().invoke(app, ["evaluate", *asked, *where])
    assert done.exit_code == 0, done.output
    home.restart()
    home.deployment.oversight.publisher.run()
    home.deployment.oversight.counter.run()
    return home, json.loads((tmp_path / "made.json").read_text())


def test_the_page_shows_the_numbers_that_were_measured_and_warns(measured, portrait):
    home, made = measured
    (filed,) = home.deployment.oversight.counter.report()["evaluations"]
    assert filed["list_sha256"] == made["source"]["sha256"]
    assert filed["summary"]["headline"] == made["headline"]
    at = {row["similarity_pct"]: row for row in made["headline"]["at"]}
    assert at[90]["fmr"]["errors"] == at[90]["fmr"]["trials"] == 4
    assert filed["summary"]["warnings"] == made["warnings"]
    groups = {(g["group"], g["measure"], g["similarity_pct"]) for g in filed["groups"]}
    assert ("F", "FMR", 90) in groups
    page = html(home.deployment.oversight.counter.report(), KEYS)
    assert "4 of 4" in page
    assert "threshold in use 90" in page
    assert "a search among 1,000 people raises a false alarm" in page
    assert "too few people to say" in page  # two subjects make no group
    assert "Calls were decided" not in page

    operator = home.as_("operator", "development")
    operator("CompareFaces", SourceImage=portrait, TargetImage=portrait)  # at 80, the default
    home.deployment.oversight.publisher.run()
    home.deployment.oversight.counter.run()
    page = html(home.deployment.oversight.counter.report(), KEYS)
    assert "Calls were decided at 80, lower than the 90" in " ".join(page.split())


def test_without_a_measurement_the_page_says_so(house):
    home = house()
    home.deployment.oversight.publisher.run()
    home.deployment.oversight.counter.run()
    page = html(home.deployment.oversight.counter.report(), KEYS)
    assert "Nobody has measured how often this deployment is wrong" in page
    assert "the owner&#39;s own use" in page
