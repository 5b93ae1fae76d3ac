import sys
import unicodedata

import pytest

from beholden.wire.patterns import compile_java


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"[a-zA-Z0-9_.\-]+", ["a.b-c_1"], ["a b", "", "é", "a\n"]),
        (r"\d{2}", ["12"], ["\u0661\u0662"]),
        (r"\w+", ["az_9"], ["é"]),
        (r"(^arn:.+$)", ["arn:x"], ["arn:x\n", "arn:\u2028", "arn:\x85"]),
        (r".*\S.*", ["  a "], ["   ", ""]),
        (r"[.]", ["."], ["a"]),
        (r"a\.b", ["a.b"], ["acb"]),
    ],
)
def test_says_what_java_says(pattern, yes, no):
    matches = compile_java(pattern).fullmatch
    assert [value for value in yes if not matches(value)] == []
    assert [value for value in no if matches(value)] == []


@pytest.mark.slow
def test_the_unicode_classes_of_tag_keys_are_those_of_the_standard():
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    standard = [char for char in every if unicodedata.category(char)[0] in "LZN" or char == "_"]
    assert compile_java(r"[\p{L}\p{Z}\p{N}_]").findall(every) == standard
