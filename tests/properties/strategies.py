"""Requests made up from the service model: valid ones, and ones that are nearly so.

`known` gives strategies for members by name, wherever they stand: the collections that exist, or
images that decode, so that what is made up gets past the first door.
"""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from beholden.wire.model import Shape, input_shape
from beholden.wire.patterns import compile_java
from beholden.wire.protocol import serialise

Known = Mapping[str, st.SearchStrategy[Any]]

_LONGEST = 40
_MOST_ITEMS = 4
_PATTERN = "Member must satisfy regular expression pattern: "
_ENUM = "Member must satisfy enum value set: "

_text = st.text(st.characters(codec="utf-8"), max_size=_LONGEST)
_junk = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([-1, 0, 1, 101, 2**31, 2**63, 10**400, 1.5, 1e308, -1e308]),
    st.sampled_from(["", " ", "\0", "\n", "é", "\ud800", "../..", "x" * 5000, "AAAA", "a=="]),
    _text,
    st.lists(st.none() | _text, max_size=3),
    st.dictionaries(_text, st.none() | _text, max_size=3),
)


def requests(operation: str, known: Known | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Requests that break no constraint of the model, as the gate gets them."""
    return _valid(input_shape(operation), known or {})


@st.composite
def spoilt(draw: st.DrawFn, valid: st.SearchStrategy[dict[str, Any]]) -> bytes:
    """Bodies of such requests with up to three places spoilt; the JSON itself stays whole."""
    root = {"": json.loads(serialise(draw(valid)))}
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2, 3]))):
        holder, key = draw(st.sampled_from(_places(root)))
        if draw(st.booleans()) or not isinstance(holder[key], dict):
            holder[key] = draw(_junk)
        else:
            holder[key][draw(_text)] = draw(_junk)
    return json.dumps(root[""]).encode()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) inside a JSON document."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else range(len(value))
    inside = [place for key in keys for place in _places(value[key])]
    return [(value, key) for key in keys] + inside


def _valid(shape: Shape, known: Known) -> st.SearchStrategy[Any]:
    if shape.kind == "structure":
        return _structure(shape, known)
    if shape.kind == "list":
        low, high = _bounds(shape, _MOST_ITEMS)
        return st.lists(_valid(shape.element, known), min_size=low, max_size=high)
    if shape.kind == "map":
        assert shape.key
        pair = _valid(shape.key, known), _valid(shape.element, known)
        low, high = _bounds(shape, _MOST_ITEMS)
        return st.dictionaries(*pair, min_size=low, max_size=high)
    return _scalar(shape)


def _structure(shape: Shape, known: Known) -> st.SearchStrategy[dict[str, Any]]:
    members = {
        name: known[name] if name in known else _valid(member, known)
        for name, member in shape.members.items()
    }
    required = {name: members.pop(name) for name in shape.required}
    return st.fixed_dictionaries(required, optional=members)


def _scalar(shape: Shape) -> st.SearchStrategy[Any]:
    if shape.kind == "string":
        return _string(shape)
    if shape.kind == "blob":
        return st.binary(min_size=1, max_size=_LONGEST)
    if shape.kind == "boolean":
        return st.booleans()
    low, high = _bounds(shape, 2**31 - 1)
    if shape.kind in {"integer", "long"}:
        return st.integers(low, high)
    return st.floats(low, high, width=64)


def _string(shape: Shape) -> st.SearchStrategy[str]:
    texts = [constraint.text for constraint in shape.constraints]
    for text in texts:
        if text.startswith(_ENUM):
            return st.sampled_from(text.removeprefix(_ENUM)[1:-1].split(", "))
    for text in texts:
        if text.startswith(_PATTERN):
            pattern = compile_java(text.removeprefix(_PATTERN))
            made = st.from_regex(pattern, fullmatch=True)
            return made.filter(lambda value: all(each.holds(value) for each in shape.constraints))
    low, high = _bounds(shape, _LONGEST)
    return st.text(st.characters(codec="utf-8"), min_size=low, max_size=max(low, high))


def _bounds(shape: Shape, most: int) -> tuple[int, int]:
    """The least and greatest length or value that is allowed, `most` where nothing is said."""
    limits = {"greater": 0, "less": most}
    for constraint in shape.constraints:
        for word in limits:
            if f"{word} than or equal to" in constraint.text:
                limits[word] = int(float(constraint.text.rsplit(" ", 1)[1]))
    return limits["greater"], max(limits["greater"], min(limits["less"], most))
