"""The AWS query protocol, as STS speaks it: a form goes in, XML comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from beholden.domain.errors import (
    AccessDenied,
    BeholdenError,
    ExpiredToken,
    IncompleteSignature,
    InvalidSignature,
    MissingAuthentication,
    SerializationFailed,
    Throttled,
    UnknownKey,
    UnknownOperation,
    ValidationFailed,
)
from beholden.wire.model import Shape, input_shape, output_shape, service_model

CONTENT_TYPE = "text/xml"
SERVICE = "sts"
_FORM = "application/x-www-form-urlencoded"
_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_MOST_FIELDS = 200
# STS has other names and statuses than Rekognition for the same errors.
_CODES: Mapping[type[BeholdenError], tuple[str, int]] = {
    AccessDenied: ("AccessDenied", 403),
    ExpiredToken: ("ExpiredToken", 403),
    IncompleteSignature: ("IncompleteSignature", 400),
    InvalidSignature: ("SignatureDoesNotMatch", 403),
    MissingAuthentication: ("MissingAuthenticationToken", 403),
    SerializationFailed: ("MalformedQueryString", 400),
    Throttled: ("Throttling", 400),
    UnknownKey: ("InvalidClientTokenId", 403),
    UnknownOperation: ("InvalidAction", 400),
    ValidationFailed: ("ValidationError", 400),
}


def is_query(headers: Mapping[str, str]) -> bool:
    """Whether a request speaks this protocol: a form, and no target header."""
    return "x-amz-target" not in headers and headers.get("content-type", "").startswith(_FORM)


def parse(body: bytes) -> tuple[str, dict[str, Any]]:
    """The action, and its request as the service model has it. Raises UnknownOperation for an
    action of another name or version, SerializationFailed for what is not such a form."""
    try:
        pairs = parse_qsl(body.decode("ascii"), True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise SerializationFailed("The body is not the form of a request.") from None
    fields = dict(pairs)
    action = fields.pop("Action", "")
    model = service_model(SERVICE)
    if action not in model.operation_names or fields.pop("Version", "") != model.api_version:
        raise UnknownOperation(f"Could not find operation {action} for version 2011-06-15")
    return action, _read(input_shape(action, SERVICE), fields, "")


def serialise(action: str, response: Mapping[str, Any], request_id: str) -> bytes:
    """The answer as XML, in the order of the service model."""
    root = ElementTree.Element(f"{action}Response", xmlns=_NAMESPACE)
    result = ElementTree.SubElement(root, f"{action}Result")
    _write(output_shape(action, SERVICE), response, result)
    about = ElementTree.SubElement(root, "ResponseMetadata")
    ElementTree.SubElement(about, "RequestId").text = request_id
    return ElementTree.tostring(root)


def error(failure: BeholdenError, message: str, request_id: str) -> tuple[int, bytes]:
    """Status and body of an error."""
    plain = failure.code.removesuffix("Exception"), failure.status
    code, status = _CODES.get(type(failure), plain)
    root = ElementTree.Element("ErrorResponse", xmlns=_NAMESPACE)
    said = ElementTree.SubElement(root, "Error")
    who = "Sender" if status < 500 else "Receiver"
    for name, text in (("Type", who), ("Code", code), ("Message", message)):
        ElementTree.SubElement(said, name).text = text
    ElementTree.SubElement(root, "RequestId").text = request_id
    return status, ElementTree.tostring(root)


def _read(shape: Shape, fields: Mapping[str, str], path: str) -> Any:
    """The value at `path`, of names such as Tags.member.1.Key."""
    if shape.kind == "structure":
        dotted = f"{path}." if path else ""
        return {
            name: _read(member, fields, dotted + name)
            for name, member in shape.members.items()
            if _given(fields, dotted + name)
        }
    if shape.kind == "list":
        items: list[Any] = []
        while _given(fields, f"{path}.member.{len(items) + 1}"):
            items.append(_read(shape.element, fields, f"{path}.member.{len(items) + 1}"))
        return items
    return _scalar(shape, fields.get(path, ""), path)


def _given(fields: Mapping[str, str], path: str) -> bool:
    return path in fields or any(name.startswith(f"{path}.") for name in fields)


def _scalar(shape: Shape, text: str, path: str) -> object:
    readers: Mapping[str, Callable[[str], object]] = {"integer": int, "boolean": "true".__eq__}
    try:
        return readers.get(shape.kind, str)(text)
    except ValueError:
        raise SerializationFailed(f"{path} is not of type {shape.kind}.") from None


def _write(shape: Shape, value: Any, into: ElementTree.Element) -> None:
    if shape.kind == "structure":
        for name, member in shape.members.items():
            if value.get(name) is not None:
                _write(member, value[name], ElementTree.SubElement(into, name))
    elif isinstance(value, datetime):
        into.text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    else:
        into.text = str(value)
