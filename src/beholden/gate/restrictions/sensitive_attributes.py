"""Rule 18: age, gender and emotions are guessed only where the purpose turns them on."""

from __future__ import annotations

from beholden.domain.access import Query
from beholden.domain.errors import AccessDenied
from beholden.domain.purpose import SENSITIVE_ATTRIBUTES
from beholden.gate.registry import Request
from beholden.gate.restriction import Restriction

# Where each operation says which attributes it wants.
PARAMETERS = {
    "DetectFaces": "Attributes",
    "IndexFaces": "DetectionAttributes",
    "StartFaceDetection": "FaceAttributes",
}


class SensitiveAttributes(Restriction):
    """ALL gets what is allowed, and the rest is never computed; what is asked for by name and not
    allowed is refused. The log holds what was asked for and what was granted."""

    name = "sensitive-attributes"

    def before(self, query: Query, request: Request) -> Request:
        wanted = frozenset(_names(query, "attributes"))
        withheld = (wanted & SENSITIVE_ATTRIBUTES) - frozenset(_names(query, "sensitive_allowed"))
        if not withheld:
            return request
        parameter = PARAMETERS.get(query.action)
        if parameter is None or withheld & frozenset(request[parameter]):
            raise AccessDenied(self._refusal(query, withheld))
        return {**request, parameter: ["DEFAULT", *sorted(wanted - withheld)]}

    def _refusal(self, query: Query, withheld: frozenset[str]) -> str:
        purpose = query.principal.purpose
        options = " ".join(f"--attribute {name}" for name in sorted(withheld))
        return (
            f'{self.name}: the purpose "{purpose}" does not turn on {", ".join(sorted(withheld))}; '
            f"an administrator can: beholden purposes edit {purpose} {options}"
        )


def _names(query: Query, fact: str) -> list[str]:
    value = query.context.get(fact)
    return [str(name) for name in value] if isinstance(value, list) else []
