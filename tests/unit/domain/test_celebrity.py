"""Ids of public figures."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from beholden.domain.celebrity import Celebrity, id_of

NAMES = st.text(min_size=1, max_size=40)


@given(NAMES)
def test_an_id_is_ten_letters_and_digits_and_stays(name):
    found = id_of(name)
    assert len(found) == 10
    assert found.isascii()
    assert found.isalnum()
    assert id_of(name) == found


def test_how_a_name_is_written_does_not_matter_who_it_names_does():
    assert id_of("Zoë  Saldaña") == id_of("ZOE\u0308 SALDAN\u0303A ")
    assert id_of("Ann Lee") != id_of("Anne Lee")
    # Stable from release to release: clients keep these.
    assert id_of("Eileen Collins") == "F04R7W6X2D"


def test_the_same_is_said_of_somebody_however_their_name_is_written():
    one = Celebrity("a1", "Zo\u00eb Salda\u00f1a", ("zoe.example",), "Female")
    assert one.agrees_with(replace(one, name="ZOE\u0308  SALDAN\u0303A"))
    for other in ({"name": "Zoe Saldana"}, {"urls": ()}, {"gender": None}, {"celebrity_id": "b"}):
        assert not one.agrees_with(replace(one, **other))


def test_details_and_back():
    one = Celebrity("a1", "Ann", ("ann.example",), "Female")
    assert Celebrity.of("a1", one.details) == one
