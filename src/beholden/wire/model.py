"""A facade over the service models that botocore ships: shapes with constraints.

Nothing is vendored or generated. The model is read from botocore's own files, once, when it is
first asked for; a user's overrides in ~/.aws/models are left out on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from beholden.wire.patterns import compile_java

# No pattern of the model is meant for longer strings, and some take quadratic time on them.
_LONGEST_MATCHED = 4096


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a value must satisfy, in AWS's words ("Member must ...")."""

    text: str
    holds: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape of the service model.

    `kind` is structure, list, map, string, blob, boolean, integer, long, float, double or
    timestamp. `members` belong to a structure, `item` is a list's member or a map's value, `key` a
    map's key.
    """

    kind: str
    constraints: tuple[Constraint, ...] = ()
    members: Mapping[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    item: Shape | None = None
    key: Shape | None = None

    @property
    def element(self) -> Shape:
        """The shape of what a list or a map holds."""
        if self.item is None:
            raise TypeError(f"a {self.kind} holds no elements")
        return self.item


EMPTY = Shape("structure")


@cache
def operations() -> frozenset[str]:
    """The names of all operations of the service."""
    return frozenset(service_model().operation_names)


@cache
def input_shape(operation: str, service: str = "rekognition") -> Shape:
    """The shape of an operation's request. Raises OperationNotFoundError for another name."""
    return _shape_or_empty(service_model(service).operation_model(operation).input_shape)


@cache
def output_shape(operation: str, service: str = "rekognition") -> Shape:
    """The shape of an operation's response. Raises OperationNotFoundError for another name."""
    return _shape_or_empty(service_model(service).operation_model(operation).output_shape)


@cache
def error_codes() -> frozenset[str]:
    """The names of the errors that the model declares."""
    return frozenset(shape.name for shape in service_model().error_shapes)


@cache
def service_model(service: str = "rekognition") -> Any:
    """Botocore's own ServiceModel."""
    loader = Loader(
        extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False
    )
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


def _shape_or_empty(model: Any) -> Shape:
    return EMPTY if model is None else _shape(model)


def _shape(model: Any) -> Shape:
    kind: str = model.type_name
    constraints = _constraints(kind, model.metadata)
    if kind == "structure":
        members = {name: _shape(member) for name, member in model.members.items()}
        return Shape(kind, members=members, required=tuple(model.required_members))
    if kind == "list":
        return Shape(kind, constraints, item=_shape(model.member))
    if kind == "map":
        return Shape(kind, constraints, item=_shape(model.value), key=_shape(model.key))
    return Shape(kind, constraints)


def _constraints(kind: str, metadata: Mapping[str, Any]) -> tuple[Constraint, ...]:
    measured = _value_range if kind in {"integer", "long", "float", "double"} else _length_range
    found = measured(metadata.get("min"), metadata.get("max"))
    if "pattern" in metadata:
        found.append(_pattern(metadata["pattern"]))
    if "enum" in metadata:
        found.append(_enum(metadata["enum"]))
    return tuple(found)


def _value_range(low: float | None, high: float | None) -> list[Constraint]:
    found = []
    if high is not None:
        text = f"Member must have value less than or equal to {high}"
        found.append(Constraint(text, lambda value: bool(value <= high)))
    if low is not None:
        text = f"Member must have value greater than or equal to {low}"
        found.append(Constraint(text, lambda value: bool(value >= low)))
    return found


def _length_range(low: int | None, high: int | None) -> list[Constraint]:
    found = []
    if high is not None:
        text = f"Member must have length less than or equal to {high}"
        found.append(Constraint(text, lambda value: len(value) <= high))
    if low is not None:
        text = f"Member must have length greater than or equal to {low}"
        found.append(Constraint(text, lambda value: len(value) >= low))
    return found


def _pattern(pattern: str) -> Constraint:
    text = f"Member must satisfy regular expression pattern: {pattern}"
    matches = compile_java(pattern).fullmatch
    return Constraint(
        text, lambda value: len(value) <= _LONGEST_MATCHED and matches(value) is not None
    )


def _enum(values: Sequence[str]) -> Constraint:
    text = f"Member must satisfy enum value set: [{', '.join(values)}]"
    allowed = frozenset(values)
    return Constraint(text, lambda value: value in allowed)
