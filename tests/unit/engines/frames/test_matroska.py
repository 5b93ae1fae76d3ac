"""Matroska documents one after another."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beholden.engines.frames.matroska import documents, tags_in
from tests.kinesis_video import element, fragment, tags

GREY = np.full((64, 96, 3), 90, np.uint8)
PARTS = [fragment(iter([GREY] * 3), number, 10.0) for number in range(3)]


def whole(document, amount):
    return b"".join(iter(lambda: document.read(amount), b""))


@pytest.mark.parametrize("amount", [1, 100, 1 << 20])
def test_each_is_given_whole_with_its_tags(amount):
    found = [(whole(one, amount), one.tags) for one in documents(io.BytesIO(b"".join(PARTS)))]
    assert [data for data, _ in found] == PARTS
    for number, (_, told) in enumerate(found):
        assert told["AWS_KINESISVIDEO_FRAGMENT_NUMBER"] == str(number)
        assert told["AWS_KINESISVIDEO_CONTINUATION_TOKEN"] == str(number)


def test_the_rest_of_one_that_is_not_read_is_skipped():
    began = [one.read(20) for one in documents(io.BytesIO(b"".join(PARTS)))]
    assert began == [part[:20] for part in PARTS]


def test_tags():
    (data,) = (tags(A="1", B="zwei")[8:],)
    assert tags_in(data) == {"AWS_KINESISVIDEO_A": "1", "AWS_KINESISVIDEO_B": "zwei"}


@pytest.mark.parametrize("part", [tags(A="1" * 1000), element(b"\xec", bytes(2**20))])
def test_a_document_without_an_end_is_a_value_error(part):
    endless = io.BytesIO(PARTS[0] + 70 * part)
    with pytest.raises(ValueError, match="without an end"):
        list(documents(endless))


@given(st.binary(max_size=400), st.integers(0, len(PARTS[0])))
def test_whatever_is_damaged_ends_or_is_a_value_error(garbage, at):
    for data in (garbage, PARTS[0][:at] + garbage + PARTS[1][at:]):
        try:
            for one in documents(io.BytesIO(data)):
                whole(one, 1 << 20)
        except ValueError:
            pass
