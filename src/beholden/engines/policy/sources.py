"""Reading Cedar files so that every mistake is named by file and line.

The Cedar library gives messages without positions: each policy is therefore parsed on its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cedarpy

from beholden.domain.errors import OperatorError

# A policy ends with a semicolon outside comments and strings.
_TOKEN = re.compile(r'//[^\n]*|"(?:\\.|[^"\\])*"|;')
_LEADING = re.compile(r"(?:\s+|//[^\n]*)*")


@dataclass(frozen=True, slots=True)
class PolicySource:
    """One policy of a file. `parsed` is its Cedar JSON form; `name` its @id; `advice` its @advice,
    which says in words what would satisfy it."""

    where: str
    text: str
    name: str
    advice: str
    parsed: dict[str, Any]


def load_schema(path: Path) -> tuple[str, cedarpy.Schema]:
    """Its text and its parsed form. Raises OperatorError if it cannot be read or parsed."""
    text = _read(path)
    try:
        return text, cedarpy.Schema.from_str(text)
    except ValueError as error:
        raise OperatorError(f"{path}: not a Cedar schema: {error}") from error


def load_policies(paths: Sequence[Path], schema: cedarpy.Schema) -> list[PolicySource]:
    """Every policy of the files, in order. Raises OperatorError naming file and line of the first
    that does not parse, does not fit the schema, or has no @id of its own."""
    found: dict[str, PolicySource] = {}
    for path in paths:
        for line, text in _statements(_read(path)):
            source = _load(f"{path}:{line}", text, schema)
            if source.name in found:
                raise OperatorError(
                    f'{source.where}: @id("{source.name}") is taken by {found[source.name].where}'
                )
            found[source.name] = source
    if not found:
        raise OperatorError(f"no policy in {', '.join(map(str, paths)) or 'no file'}")
    return list(found.values())


def _load(where: str, text: str, schema: cedarpy.Schema) -> PolicySource:
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise OperatorError(f"{where}: not a Cedar policy: {error}") from error
    policies = list(parsed["staticPolicies"].values())
    if len(policies) != 1:
        raise OperatorError(f"{where}: templates are not used here: write out each policy")
    notes = policies[0].get("annotations", {})
    if not notes.get("id"):
        raise OperatorError(f'{where}: give this policy a name: @id("...")')
    mistakes = cedarpy.validate_policies(text, schema).errors
    if mistakes:
        raise OperatorError(f"{where}: does not fit the schema: {mistakes[0].error}")
    return PolicySource(where, text, notes["id"], notes.get("advice", ""), policies[0])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path}: cannot be read: {error}") from error


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """(line of its first token, text) of each policy; what follows the last one is one, too."""
    ends = [match.end() for match in _TOKEN.finditer(text) if match.group() == ";"]
    for start, end in zip([0, *ends], [*ends, len(text)], strict=True):
        first = _LEADING.match(text, start, end)
        begin = first.end() if first else start
        if begin < end:
            yield text.count("\n", 0, begin) + 1, text[begin:end]
