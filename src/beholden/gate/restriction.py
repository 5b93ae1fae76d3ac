"""A rule that narrows what policy allows: one class per rule, one file each in `restrictions/`.

The gate asks each in order: `before` in step 2, `after` in step 4. Both may read the clock or the
records they were given when they were built; neither has another way in.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from beholden.domain.access import Query
from beholden.gate.call import Call
from beholden.gate.registry import Request, Response


class Restriction(Protocol):
    """Unless a rule says otherwise, what comes in runs and what comes out is released."""

    name: ClassVar[str]
    """What a refusal and the log call this rule, for example `threshold-floor`."""

    def before(self, query: Query, request: Request) -> Request:  # noqa: ARG002
        """The request to run: as it came, or narrowed (both values are recorded). Raises
        AccessDenied, whose message says what would satisfy the rule."""
        return request

    def after(self, call: Call, response: Response) -> Response:  # noqa: ARG002
        """What may be released; what is withheld is noted on the call."""
        return response
