"""Beholden's own verbs over HTTP: the same endpoint and signature, `X-Amz-Target: Beholden.Name`.

What a request may hold is what the operation's function says of it: its third parameter is
annotated with a TypedDict. Nothing is declared twice.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NotRequired, Required, get_args, get_origin, get_type_hints, is_typeddict

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from beholden.domain.errors import (
    NotOffered,
    SerializationFailed,
    UnknownOperation,
    ValidationFailed,
)
from beholden.gate.registry import REGISTRY, Operation

TARGET_PREFIX = "Beholden."
_NAME_PREFIX = "beholden:"
_STRICT = ConfigDict(strict=True, extra="forbid", val_json_bytes="base64")
_IN_WORDS = {"missing": "is required", "extra_forbidden": "is not part of this request"}


def is_verb(operation: str) -> bool:
    """Whether this operation is Beholden's own."""
    return operation.startswith(_NAME_PREFIX)


def operation_of(target: str) -> str:
    """The operation that an X-Amz-Target header names. Raises UnknownOperation."""
    name = _NAME_PREFIX + target.removeprefix(TARGET_PREFIX)
    if name not in REGISTRY:
        raise UnknownOperation
    return name


def parse(name: str, body: bytes) -> dict[str, Any]:
    """The request in `body`. Raises ValidationFailed, naming every member that is missing, unknown
    or of another type; SerializationFailed on what is not JSON; NotOffered for an operation whose
    answer cannot leave the process it runs in."""
    operation = REGISTRY[name]
    if operation.in_process:
        raise NotOffered(f"{name} works in the command line's own process only, not over HTTP.")
    model = _model(request_type(operation))
    try:
        return model.model_validate_json(body or b"{}").model_dump(exclude_unset=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    if found[0]["type"] == "json_invalid":
        raise SerializationFailed
    noun = "error" if len(found) == 1 else "errors"
    said = "; ".join(_violation(one["loc"], one["type"], one["msg"]) for one in found)
    raise ValidationFailed(f"{len(found)} validation {noun} detected: {said}")


@cache
def request_type(operation: Operation) -> type | None:
    """The TypedDict of an operation's request; None where it takes no members."""
    hints = get_type_hints(operation.run)
    names = operation.run.__code__.co_varnames
    asked = hints[names[2]]
    return asked if is_typeddict(asked) else None


def _violation(where: tuple[int | str, ...], kind: str, message: str) -> str:
    path = ".".join(str(part) for part in where)
    return f"'{path}' {_IN_WORDS.get(kind) or f'is wrong: {message}'}"


@cache
def _model(asked: type | None) -> type[BaseModel]:
    """A strict model with the members of a TypedDict. (Pydantic reads TypedDicts itself, but those
    of `typing` only from Python 3.12 on.)"""
    if asked is None:
        return create_model("Nothing", __config__=_STRICT)
    hints = get_type_hints(asked, include_extras=True)
    members: dict[str, Any] = {name: _member(kind) for name, kind in hints.items()}
    return create_model(asked.__name__, __config__=_STRICT, **members)


def _member(kind: Any) -> Any:
    """Its type, and a default if it may be left out."""
    if get_origin(kind) is NotRequired:
        return _plain(get_args(kind)[0]), None
    return _plain(get_args(kind)[0] if get_origin(kind) is Required else kind), ...


def _plain(kind: Any) -> Any:
    """The type with the TypedDicts in it replaced by their models."""
    if is_typeddict(kind):
        return _model(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {list, dict}:
        return origin[tuple(_plain(one) for one in inner)]
    return kind
