"""The one way to whatever identifies people: decide, record, run, record, release.

1. Resolve: which operation, on which resource, asking for what; and what is known of it.
2. Decide: the policy, then each restriction. A refusal is recorded before it is raised.
3. Record the intent, durable before anything runs.
4. Run, with a grant that only this module mints.
5. Record the outcome with its evidence, or the failure with its code.
6. Release the response, once step 5 is durable.

What cannot be recorded does not happen: if step 3 fails nothing runs, if step 5 fails nothing is
released. A process killed between the two leaves an intent without an outcome, and no response.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from beholden.domain.access import Decision, Grant, Principal, Query
from beholden.domain.audit import RecordKind
from beholden.domain.errors import AccessDenied, BeholdenError, NotOffered
from beholden.gate.call import Call
from beholden.gate.evidence import RequestDigest
from beholden.gate.facts import Facts, FactSource
from beholden.gate.recorder import Recorder
from beholden.gate.registry import Operation, Request, Response
from beholden.gate.restriction import Restriction
from beholden.ports.audit import Audit
from beholden.ports.clock import Clock
from beholden.ports.policy import Policy


@dataclass(frozen=True, slots=True)
class Gate:
    """`services` is handed to every operation; `digest` salts what the log keeps of a request;
    `restrictions` are asked in order, once the policy has allowed; `facts` are what both may know
    besides the request."""

    registry: Mapping[str, Operation]
    services: object
    policy: Policy
    audit: Audit
    clock: Clock
    new_id: Callable[[], str]
    digest: RequestDigest
    restrictions: Sequence[Restriction] = ()
    facts: Sequence[FactSource] = ()

    def call(self, principal: Principal, operation_name: str, request: Request) -> Response:
        """Run one operation for a principal and return its response.

        Raises NotOffered for an operation that is not registered, AccessDenied for a refusal,
        AuditUnavailable if the log cannot be written, and whatever the operation raises.
        """
        # 1. Resolve.
        operation = self.registry.get(operation_name)
        if operation is None:
            raise NotOffered
        query = _query(principal, operation, request)
        record = Recorder(self.audit, self.clock, self.new_id(), query)
        asked = {"request": self.digest.of(request), "asked": dict(query.context)}
        known = self._known(query, request)
        query = _knowing(query, known)
        # 2. Decide.
        decision, request = self._decide(query, request)
        asked["policies"] = list(decision.policies)
        if not decision.allowed:
            record.write(RecordKind.REFUSAL, asked | {"known": known, "reason": decision.reason})
            raise AccessDenied(_refusal(query, decision))
        grant = self._mint(_knowing(_query(principal, operation, request), known), decision)
        asked |= {"began": grant.issued_at.isoformat(), "granted": dict(grant.query.context)}
        # 3. Record the intent.
        if not operation.only_reads:
            record.write(RecordKind.INTENT, asked)
        # 4. Run.
        call = Call(record.call_id, grant)
        try:
            response = self._run(operation, call, request)
        except BaseException as error:
            # 5. Record the failure: a call that was interrupted leaves its record, too.
            record.write(RecordKind.FAILURE, asked | call.facts | {"error": _code(error)})
            raise
        # 5. Record the outcome.
        record.write(RecordKind.OUTCOME, asked | call.facts)
        # 6. Release.
        return response

    def _known(self, query: Query, request: Request) -> Facts:
        return {name: fact for s in self.facts for name, fact in s.of(query, request).items()}

    def _decide(self, query: Query, request: Request) -> tuple[Decision, Request]:
        """The policy's decision, or that of the first restriction to refuse; and the request, as
        the restrictions narrowed it."""
        decision = self.policy.decide(query)
        if decision.allowed:
            for restriction in self.restrictions:
                try:
                    request = restriction.before(query, request)
                except AccessDenied as refused:
                    return Decision(False, str(refused), (restriction.name,)), request
        return decision, request

    def _mint(self, query: Query, decision: Decision) -> Grant:
        return Grant(self.new_id(), query, decision, self.clock.now())

    def _run(self, operation: Operation, call: Call, request: Request) -> Response:
        """What the operation answers, less what the restrictions withhold."""
        response: Response = operation.run(self.services, call, request)
        for restriction in self.restrictions:
            response = restriction.after(call, response)
        return response


def _query(principal: Principal, operation: Operation, request: Request) -> Query:
    return Query(
        principal,
        operation.name,
        operation.resource(request),
        operation.identifies,
        operation.context(request),
    )


def _knowing(query: Query, known: Facts) -> Query:
    return replace(query, context={**query.context, **known})


def _refusal(query: Query, decision: Decision) -> str:
    """AWS's own sentence, so that clients recognise it, and then the reason."""
    action = query.action if ":" in query.action else f"rekognition:{query.action}"
    return (
        f"User: {query.principal.name} is not authorized to perform: {action} "
        f'on resource: {query.resource.type}::"{query.resource.id}": {decision.reason}'
    )


def _code(error: BaseException) -> str:
    """What is kept of an error: never its message, which may quote the request."""
    return error.code if isinstance(error, BeholdenError) else type(error).__name__
