"""ClientRequestToken: the same token with the same parameters is acted on once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from beholden.domain.errors import ConflictingState
from beholden.domain.request_token import Answer, RequestToken
from beholden.gate.call import Call
from beholden.operations._services import Services

Json = dict[str, Any]
Remember = Callable[[Json], Answer | None]


def once(
    services: Services, call: Call, request: Mapping[str, Any], act: Callable[[Remember], Json]
) -> Json:
    """Run `act`, or give the answer it gave before under the request's token.

    `act` commits what `remember(response)` returns in the transaction that does the work. Raises
    IdempotentParameterMismatch if the token was used with other parameters.
    """
    token = _token(call, request)
    if token is None:
        return act(lambda _response: None)
    answered = services.answers.find(token)
    if answered is not None:
        return dict(answered)
    try:
        return act(lambda response: Answer(token, response))
    except ConflictingState:
        # The same request may have won a race against itself: then its answer stands.
        answered = services.answers.find(token)
        if answered is None:
            raise
        return dict(answered)


def _token(call: Call, request: Mapping[str, Any]) -> RequestToken | None:
    token = request.get("ClientRequestToken")
    if token is None:
        return None
    query = call.grant.query
    parameters = {k: v for k, v in request.items() if k != "ClientRequestToken"}
    canonical = json.dumps(parameters, sort_keys=True).encode()
    return RequestToken(
        f"{query.principal.name}:{query.action}", token, hashlib.sha256(canonical).digest()
    )
