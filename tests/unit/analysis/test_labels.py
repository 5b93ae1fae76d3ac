"""Merging objects and scenes, filters, moderation, with networks that are plain functions."""

import numpy as np
import pytest

from beholden.analysis.labels import LabelAnalysis, LabelFilter, by_name
from beholden.analysis.moderation import ModerationAnalysis, read_moderation_taxonomy
from beholden.analysis.taxonomy import read_taxonomy
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import ObjectDetection
from beholden.testing.inference import FakeNetwork
from beholden.vision.adult import AdultClassifier
from beholden.vision.calibration.pictures import LogOdds, read_picture_calibration
from beholden.vision.scenes import SceneClassifier

GREY = Image(np.full((120, 160, 3), 90, np.uint8), b"")
GOLDEN, LABRADOR, ASSAULT_RIFLE, COMIC = 207, 208, 413, 917
MAILLOT, SWIMMING_TRUNKS = 638, 842


def analysis(scene=(), objects=()):
    quantised = np.zeros((1, 1000), np.uint8)
    for kind, share in scene:
        quantised[0, kind] = round(share * 256)
    classifier = SceneClassifier(FakeNetwork(lambda _pixels: [quantised]))
    found = [ObjectDetection(kind, Box(10, 20, 30, 40), score) for kind, score in objects]
    return LabelAnalysis(
        lambda _pixels: found, classifier, read_taxonomy(), read_picture_calibration()
    )


def test_a_label_is_at_least_as_sure_as_each_below_it():
    labels = by_name(analysis([(GOLDEN, 0.4), (LABRADOR, 0.4)], [("car", 0.9)])(GREY))
    for label in labels.values():
        for parent in label.named.parents:
            assert labels[parent].confidence >= label.confidence


def test_kinds_that_exclude_each_other_add_up():
    labels = by_name(analysis([(GOLDEN, 0.4), (LABRADOR, 0.4)])(GREY))
    assert labels["Golden Retriever"].confidence < 0.55
    assert labels["Dog"].confidence == pytest.approx(0.8, abs=0.01)


def test_objects_have_instances_and_people_are_counted():
    labels = by_name(analysis(objects=[("person", 0.9), ("person", 0.8), ("car", 0.9)])(GREY))
    assert len(labels["Person"].instances) == 2
    assert len(labels["Car"].instances) == 1
    assert labels["Vehicle"].instances == ()
    assert labels["Vehicle"].confidence == labels["Car"].confidence


def test_the_surest_and_most_telling_first():
    labels = analysis([(GOLDEN, 0.9)])(GREY)
    assert labels[0].named.name == "Golden Retriever"
    assert [label.confidence for label in labels] == sorted(
        (label.confidence for label in labels), reverse=True
    )


def test_noise_is_nothing():
    noise = np.random.default_rng(3).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    assert analysis([(GOLDEN, 0.9)], [("umbrella", 0.9)])(Image(noise, b"")) == []


def names(labels):
    return {label.named.name for label in labels}


@pytest.mark.parametrize(
    ("chosen", "there", "gone"),
    [
        (LabelFilter(0.55), {"Dog", "Car", "Person"}, {"Cat"}),
        (LabelFilter(0.55, include=frozenset({"Dog"})), {"Dog"}, {"Car", "Animal"}),
        (LabelFilter(0.55, exclude=frozenset({"Dog"})), {"Car", "Animal"}, {"Dog"}),
        (
            LabelFilter(0.55, include_categories=frozenset({"Vehicles and Automotive"})),
            {"Car", "Vehicle"},
            {"Dog", "Person"},
        ),
        (
            LabelFilter(0.55, exclude_categories=frozenset({"Animals and Pets"})),
            {"Car", "Person"},
            {"Dog", "Animal"},
        ),
        (
            LabelFilter(
                0.55,
                include=frozenset({"Person"}),
                include_categories=frozenset({"Animals and Pets"}),
                exclude=frozenset({"Dog"}),
            ),
            {"Person", "Animal"},
            {"Dog", "Car"},
        ),
    ],
)
def test_filters(chosen, there, gone):
    found = names(chosen.of(analysis([(GOLDEN, 0.9)], [("car", 0.9), ("person", 0.9)])(GREY)))
    assert there <= found
    assert found & gone == set()


def test_an_instance_that_is_not_sure_enough_is_not_counted():
    labels = analysis(objects=[("person", 0.95), ("person", 0.31)])(GREY)
    (person,) = (x for x in LabelFilter(0.55).of(labels) if x.named.name == "Person")
    assert len(person.instances) == 1


def moderation(score, **seen):
    network = FakeNetwork(lambda _pixels: [np.array([[1 - score, score]], np.float32)])
    return ModerationAnalysis(
        analysis(**seen),
        AdultClassifier(network),
        read_moderation_taxonomy(),
        LogOdds(1.0, 0.0, 0.99),
    )


def test_adult_content_is_explicit_and_nothing_more_is_claimed():
    labels = [label for label in moderation(0.93)(GREY).labels if label.confidence > 0.5]
    assert [(x.name, x.parent, x.level) for x in labels] == [("Explicit", "", 1)]
    assert labels[0].confidence == pytest.approx(0.93, abs=1e-3)


def test_a_weapon_stands_below_violence():
    labels = moderation(0.01, scene=[(ASSAULT_RIFLE, 0.9)])(GREY).labels
    assert [(x.name, x.parent, x.level) for x in labels if x.confidence > 0.5] == [
        ("Violence", "", 1),
        ("Weapons", "Violence", 2),
    ]


@pytest.mark.parametrize(("kind", "whose"), [(SWIMMING_TRUNKS, "Male"), (MAILLOT, "Female")])
def test_swimwear_is_told_by_what_was_seen(kind, whose):
    labels = moderation(0.01, scene=[(kind, 0.9)])(GREY).labels
    assert {x.name for x in labels if x.confidence > 0.5} == {
        "Swimwear or Underwear",
        f"{whose} Swimwear or Underwear",
    }


def test_a_comic_is_illustrated():
    assert moderation(0.01, scene=[(COMIC, 0.9)])(GREY).content_types["Illustrated"] > 0.8
    assert moderation(0.01)(GREY).content_types == {}


@pytest.mark.parametrize("table", ["box", "presence", "scene", "adult"])
def test_confidences_grow_with_scores_and_stay_below_their_ceiling(table):
    scale = getattr(read_picture_calibration(), table)
    values = [scale.probability(score) for score in np.linspace(0, 1, 101)]
    assert values == sorted(values)
    assert values[0] >= 0
    assert values[-1] == scale.ceiling < 1
