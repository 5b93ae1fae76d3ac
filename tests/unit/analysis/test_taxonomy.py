"""Every kind of both models lands in a label that people expect."""

import pytest

from beholden.analysis.moderation import read_moderation_taxonomy
from beholden.analysis.taxonomy import read_taxonomy
from beholden.vision.objects import KINDS


@pytest.fixture(scope="module")
def taxonomy():
    return read_taxonomy()


def test_every_kind_of_object_has_a_label(taxonomy):
    assert len(KINDS) == 80
    assert set(taxonomy.objects) == set(KINDS)


def test_every_kind_of_scene_has_a_label(taxonomy):
    assert taxonomy.under.shape == (len(taxonomy.labels), 1000)
    assert taxonomy.under.any(axis=0).all()


def test_every_label_stands_for_something(taxonomy):
    named = set(taxonomy.objects.values())
    above = {parent for name in named for parent in taxonomy.labels[name].parents}
    rows = dict(zip(taxonomy.labels, taxonomy.under.any(axis=1), strict=True))
    assert [name for name in taxonomy.labels if not rows[name] and name not in named | above] == []


def test_no_alias_is_another_label(taxonomy):
    aliases = [alias for label in taxonomy.labels.values() for alias in label.aliases]
    assert len(aliases) == len(set(aliases))
    assert set(aliases) & set(taxonomy.labels) == set()


@pytest.mark.parametrize(
    ("kind", "scene", "label", "parent", "category"),
    [
        ("car", None, "Car", "Vehicle", "Vehicles and Automotive"),
        (None, None, "Vehicle", "Transportation", "Vehicles and Automotive"),
        ("dog", None, "Dog", "Animal", "Animals and Pets"),
        (None, 207, "Golden Retriever", "Dog", "Animals and Pets"),
        (None, 817, "Sports Car", "Car", "Vehicles and Automotive"),
        (None, 978, "Beach", "Nature", "Nature and Outdoors"),
        ("cell phone", 487, "Mobile Phone", "Phone", "Technology and Computing"),
        ("person", None, "Person", None, "Person Description"),
    ],
)
def test_names_people_expect(taxonomy, kind, scene, label, parent, category):
    named = taxonomy.labels[label]
    assert kind is None or taxonomy.objects[kind] == label
    assert scene is None or taxonomy.under[list(taxonomy.labels).index(label), scene]
    assert parent is None or parent in named.parents
    assert named.categories == (category,)


def test_parents_are_labels_and_none_is_its_own(taxonomy):
    for name, label in taxonomy.labels.items():
        assert name not in label.parents
        assert set(label.parents) <= set(taxonomy.labels)


def test_moderation_rests_on_labels_that_exist(taxonomy):
    moderation = read_moderation_taxonomy()
    tables = (moderation.evidence, moderation.content_types)
    named = {name for table in tables for names in table.values() for name in names}
    assert named <= set(taxonomy.labels)
    assert set(moderation.evidence) | {moderation.adult} <= set(moderation.above)


def test_moderation_has_the_levels_of_version_7():
    above = read_moderation_taxonomy().above
    assert [name for name, (_, level) in above.items() if level == 1] == [
        "Explicit",
        "Non-Explicit Nudity of Intimate parts and Kissing",
        "Swimwear or Underwear",
        "Violence",
        "Visually Disturbing",
        "Drugs & Tobacco",
        "Alcohol",
        "Rude Gestures",
        "Gambling",
        "Hate Symbols",
    ]
    assert above["Pills"] == ("Products", 3)
    assert above["Products"] == ("Drugs & Tobacco", 2)
