"""A request against the constraints of the service model, with AWS's own messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from beholden.domain.errors import ValidationFailed
from beholden.wire.model import Constraint, Shape, input_shape

_MOST_VIOLATIONS = 10
_LONGEST_SHOWN = 256


def validate(operation: str, request: Mapping[str, Any], service: str = "rekognition") -> None:
    """Raises ValidationFailed, naming the first ten constraints that the request breaks."""
    found = list(islice(violations(input_shape(operation, service), request), _MOST_VIOLATIONS))
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise ValidationFailed(f"{len(found)} validation {noun} detected: {'; '.join(found)}")


def violations(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Each constraint that `value` breaks. Its types are right already (see protocol.read).

    Constraints on the scalars in a list or map are reported on the list or map, as AWS does.
    """
    if shape.kind == "structure":
        yield from _in_structure(shape, value, path)
        return
    broken = [constraint.text for constraint in _broken(shape, value)]
    yield from _at(path, value, broken)
    if broken:
        return
    if shape.kind == "list":
        yield from _in_list(shape.element, value, path)
    elif shape.kind == "map":
        yield from _among("Map keys", shape.key, value, path, value)
        yield from _among("Map value", shape.element, value.values(), path, value)


def _in_structure(shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.required:
        if name not in value:
            yield from _at(_join(path, name), None, ["Member must not be null"])
    for name, member in value.items():
        yield from violations(shape.members[name], member, _join(path, name))


def _in_list(item: Shape, values: list[Any], path: str) -> Iterator[str]:
    if item.kind not in {"structure", "list"}:
        yield from _among("Member", item, values, path, values)
        return
    for number, value in enumerate(values, start=1):
        yield from violations(item, value, f"{path}.{number}.member")


def _among(
    who: str, shape: Shape | None, values: Iterable[Any], path: str, whole: object
) -> Iterator[str]:
    if shape is not None and any(next(_broken(shape, value), None) for value in values):
        every = ", ".join(constraint.text for constraint in shape.constraints)
        yield from _at(path, whole, [f"{who} must satisfy constraint: [{every}]"])


def _broken(shape: Shape, value: Any) -> Iterator[Constraint]:
    return (constraint for constraint in shape.constraints if not constraint.holds(value))


def _at(path: str, value: object, constraints: Iterable[str]) -> Iterator[str]:
    for text in constraints:
        yield f"Value {_quoted(value)} at '{path}' failed to satisfy constraint: {text}"


def _join(path: str, name: str) -> str:
    own = name[0].lower() + name[1:]
    return f"{path}.{own}" if path else own


def _quoted(value: object) -> str:
    return "null" if value is None else f"'{_shown(value)[:_LONGEST_SHOWN]}'"


def _shown(value: object) -> str:
    """As AWS's Java prints it: clients match on 'java.nio.HeapByteBuffer[...]'."""
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if isinstance(value, list):
        return f"[{', '.join(_shown(item) for item in value[:_LONGEST_SHOWN])}]"
    if isinstance(value, dict):
        pairs = islice(value.items(), _LONGEST_SHOWN)
        return f"{{{', '.join(f'{key}={_shown(item)}' for key, item in pairs)}}}"
    return str(value)
