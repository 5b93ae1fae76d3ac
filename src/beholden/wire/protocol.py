"""AWS JSON 1.1: target header to operation, body to request, response to body."""

from __future__ import annotations

import binascii
import json
import math
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from beholden.domain.errors import SerializationFailed, ServerError, UnknownOperation
from beholden.wire.model import Shape, input_shape, operations, output_shape
from beholden.wire.validate import violations

CONTENT_TYPE = "application/x-amz-json-1.1"
_TARGET_PREFIX = "RekognitionService."
_BITS = {"integer": 31, "long": 63}


class ResponseShapeError(ServerError):
    """A response does not have the shape that the service model gives it."""


def operation_of(target: str | None) -> str:
    """The operation that an X-Amz-Target header names. Raises UnknownOperation."""
    name = (target or "").removeprefix(_TARGET_PREFIX)
    if name == target or name not in operations():
        raise UnknownOperation
    return name


def parse(operation: str, body: bytes) -> dict[str, Any]:
    """The request in `body`: blobs as bytes, nulls and unknown members dropped, as AWS does.

    Raises SerializationFailed on anything that is not JSON or not of the types of the model.
    """
    request: dict[str, Any] = read(input_shape(operation), _document(body))
    return request


def serialise(response: Mapping[str, Any]) -> bytes:
    """The response as JSON: bytes in base64, datetimes in epoch seconds, numbers finite.

    Raises TypeError or ValueError on what JSON 1.1 cannot say.
    """
    text = json.dumps(response, default=_json_value, allow_nan=False, separators=(",", ":"))
    return text.encode()


def check_response(operation: str, response: Mapping[str, Any]) -> None:
    """Raises ResponseShapeError unless the response is exactly what the output shape allows.

    An empty list passes: it is how AWS says "none", also where the model wants at least one.
    """
    shape = output_shape(operation)
    given = {n: value for n, value in response.items() if value != [] or n in shape.required}
    document = json.loads(serialise(given))
    unknown = [f"{path} is not in the model" for path in _unknown(shape, document, operation)]
    try:
        found = unknown + list(violations(shape, read(shape, document)))
    except SerializationFailed as error:
        found = [*unknown, str(error)]
    if found:
        raise ResponseShapeError(f"{operation}: {'; '.join(found)}")


def read(shape: Shape, value: object) -> Any:
    """A JSON value as the shape's Python value. Raises SerializationFailed."""
    return _READERS[shape.kind](shape, value)


def _document(body: bytes) -> object:
    try:
        return json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise SerializationFailed from None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _structure(shape: Shape, value: object) -> dict[str, Any]:
    return {
        name: read(shape.members[name], item)
        for name, item in _object(value).items()
        if item is not None and name in shape.members
    }


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unexpected(value, "Structure or map")
    return value


def _list(shape: Shape, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise _unexpected(value, "List")
    return [read(shape.element, item) for item in value]


def _map(shape: Shape, value: object) -> dict[str, Any]:
    pairs = _object(value).items()
    return {_string(shape, key): read(shape.element, item) for key, item in pairs}


def _string(_shape: Shape, value: object) -> str:
    if not isinstance(value, str):
        raise _unexpected(value, "String")
    if not value.isascii():
        _refuse_lone_surrogates(value)
    return value


def _refuse_lone_surrogates(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise SerializationFailed("A string holds half of a surrogate pair.") from None


def _blob(_shape: Shape, value: object) -> bytes:
    if not isinstance(value, str):
        raise _unexpected(value, "Blob")
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except ValueError as error:
        raise SerializationFailed(f"A Blob is not in base64: {error}") from None


def _boolean(_shape: Shape, value: object) -> bool:
    if not isinstance(value, bool):
        raise _unexpected(value, "Boolean")
    return value


def _integer(shape: Shape, value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _unexpected(value, shape.kind.title())
    if value.bit_length() > _BITS[shape.kind]:
        raise _too_large(shape)
    return value


def _float(shape: Shape, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unexpected(value, shape.kind.title())
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _too_large(shape)
    return number


def _too_large(shape: Shape) -> SerializationFailed:
    return SerializationFailed(f"A number is out of the range of {shape.kind.title()}")


def _timestamp(shape: Shape, value: object) -> datetime:
    return datetime.fromtimestamp(_float(shape, value), UTC)


_READERS: Mapping[str, Callable[[Shape, object], Any]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "blob": _blob,
    "boolean": _boolean,
    "integer": _integer,
    "long": _integer,
    "float": _float,
    "double": _float,
    "timestamp": _timestamp,
}
_JAVA_NAMES = {
    str: "class java.lang.String",
    bool: "class java.lang.Boolean",
    int: "class java.math.BigDecimal",
    float: "class java.math.BigDecimal",
}


def _unexpected(value: object, wanted: str) -> SerializationFailed:
    """AWS's words for a JSON value of the wrong type."""
    if isinstance(value, dict):
        return SerializationFailed("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return SerializationFailed("Start of list found where not expected")
    found = _JAVA_NAMES.get(type(value), "null")
    return SerializationFailed(f"{found} can not be converted to an {wanted}")


def _json_value(value: object) -> object:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} has no place in a response")


def _unknown(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """The paths of members that the output shape does not have."""
    if shape.kind == "structure" and isinstance(value, dict):
        for name, item in value.items():
            if name in shape.members:
                yield from _unknown(shape.members[name], item, f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif shape.kind == "list" and isinstance(value, list):
        for item in value:
            yield from _unknown(shape.element, item, f"{path}[]")
