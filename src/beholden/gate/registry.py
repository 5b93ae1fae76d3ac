"""`@operation` is the only way to register a verb; the gate is the only caller of what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from beholden.domain.access import Identifies, Principal, Query, Resource
from beholden.gate.call import Call

Request = Mapping[str, Any]
Response = dict[str, Any]
Handler = Callable[[Any, Call, Any], Any]
Complete = Callable[[Any, Request], Request]
Instead = Callable[[Any, Request], str | None]


def no_other(_services: Any, _request: Request) -> str | None:
    return None


def as_it_came(_services: Any, request: Request) -> Request:
    return request


@dataclass(frozen=True, slots=True)
class Operation:
    """One verb of the API: how the gate names it, and what runs once it is allowed.

    `resource` resolves the thing the request touches; `context` gives what policies may look at
    (thresholds, attributes wanted); `identifies` says how far it tells who somebody is. One that
    `only_reads` and identifies nobody leaves one record, before release; any other leaves two. One
    of Beholden's own (`beholden:Name`) annotates its request with a TypedDict, by which the wire
    checks what comes in; one that is `in_process` answers with what cannot leave this process.
    `complete(services, request)` adds what a request only names, where the gate has to know it:
    which collection a stream processor searches. It may raise what the operation would. `instead`
    names another operation, where it depends on what is stored which one a request comes to.
    """

    name: str
    resource: Callable[[Request], Resource]
    context: Callable[[Request], Mapping[str, object]]
    identifies: Identifies
    run: Handler
    only_reads: bool = False
    in_process: bool = False
    complete: Complete = as_it_came
    instead: Instead = no_other

    def __post_init__(self) -> None:
        if self.only_reads and self.identifies is not Identifies.NOBODY:
            raise ValueError(f"{self.name} identifies people: its intent must be recorded")


REGISTRY: dict[str, Operation] = {}


def nothing_more(_request: Request) -> Mapping[str, object]:
    return {}


def operation(
    name: str,
    *,
    resource: Callable[[Request], Resource],
    identifies: Identifies = Identifies.NOBODY,
    context: Callable[[Request], Mapping[str, object]] = nothing_more,
    only_reads: bool = False,
    in_process: bool = False,
    complete: Complete = as_it_came,
    instead: Instead = no_other,
) -> Callable[[Handler], Handler]:
    """Register `handler(services, call, request) -> response` under the API's operation name."""

    def register(handler: Handler) -> Handler:
        if name in REGISTRY:
            raise ValueError(f"operation {name} is registered twice")
        REGISTRY[name] = Operation(
            name=name,
            resource=resource,
            context=context,
            identifies=identifies,
            run=handler,
            only_reads=only_reads,
            in_process=in_process,
            complete=complete,
            instead=instead,
        )
        return handler

    return register


def resolved(
    registry: Mapping[str, Operation], services: Any, operation: Operation, request: Request
) -> tuple[Operation, Request]:
    """Which operation a request comes to, and the request with what it only names. Raises what
    `complete` and `instead` do."""
    other = operation.instead(services, request)
    operation = operation if other is None else registry[other]
    return operation, operation.complete(services, request)


def query_of(principal: Principal, operation: Operation, request: Request) -> Query:
    """The question that a request puts to the policy, without facts."""
    return Query(
        principal,
        operation.name,
        operation.resource(request),
        operation.identifies,
        operation.context(request),
    )
