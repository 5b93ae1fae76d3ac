"""The one way to whatever identifies people: decide, record, run, record, release.

1. Resolve: which operation, on which resource, asking for what; and what is known of it.
2. Decide: the policy, then each restriction. A refusal is recorded before it is raised.
3. Record the intent, durable before anything runs.
4. Run, with a grant that only this module mints.
5. Record the outcome with its evidence, or the failure with its code.
6. Release the response, once step 5 is durable.

What cannot be recorded does not happen: if step 3 fails nothing runs, if step 5 fails nothing is
released. A process killed between the two leaves an intent without an outcome, and no response.

A job or a stream goes on for as long as its grant stands: it keeps asking (`recheck`), and after a
restart the gate gives the grant back, or not (`revive`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from beholden.domain.access import Decision, Grant, Principal, Query
from beholden.domain.audit import RecordKind
from beholden.domain.errors import AccessDenied, AlteredRules, BeholdenError, NotOffered
from beholden.gate import stored as stored_grants
from beholden.gate.call import Call
from beholden.gate.decide import Judge, knowing
from beholden.gate.ended import EndedGrants
from beholden.gate.evidence import RequestDigest
from beholden.gate.facts import FactSource
from beholden.gate.recorder import Recorder
from beholden.gate.registry import Operation, Request, Response, query_of, resolved
from beholden.gate.restriction import Restriction
from beholden.ports.audit import Audit
from beholden.ports.clock import Clock
from beholden.ports.policy import Policy


@dataclass(frozen=True, slots=True)
class Gate:
    """`services` is handed to every operation; `digest` salts what the log keeps of a request;
    `restrictions` are asked in order, once the policy has allowed; `facts` are what both may know
    besides the request; `ended` remembers the grants that no longer stand."""

    registry: Mapping[str, Operation]
    services: object
    policy: Policy
    audit: Audit
    clock: Clock
    new_id: Callable[[], str]
    digest: RequestDigest
    restrictions: Sequence[Restriction] = ()
    facts: Sequence[FactSource] = ()
    ended: EndedGrants = field(default_factory=EndedGrants)

    def call(self, principal: Principal, operation_name: str, request: Request) -> Response:
        """Run one operation for a principal and return its response.

        Raises NotOffered for an operation that is not registered, AccessDenied for a refusal,
        AuditUnavailable if the log cannot be written, and whatever the operation raises.
        """
        # 1. Resolve.
        operation = self.registry.get(operation_name)
        if operation is None:
            raise NotOffered
        digest = self.digest.of(request)
        operation, request = resolved(self.registry, self.services, operation, request)
        query = query_of(principal, operation, request)
        record = Recorder(self.audit, self.clock, self.new_id(), query)
        asked = {"request": digest, "asked": dict(query.context)}
        judge = Judge(self.policy, self.restrictions, self.facts)
        try:
            known = judge.known(query, request)
        except AlteredRules as altered:
            refusal = {"policies": [altered.rule], "known": {}, "reason": str(altered)}
            record.write(RecordKind.REFUSAL, asked | refusal)
            raise
        query = knowing(query, known)
        # 2. Decide.
        decision, request = judge.decide(query, request)
        asked["policies"] = list(decision.policies)
        if not decision.allowed:
            record.write(RecordKind.REFUSAL, asked | {"known": known, "reason": decision.reason})
            raise AccessDenied(_refusal(query, decision))
        grant = self._mint(knowing(query_of(principal, operation, request), known), decision)
        asked |= {"grant": grant.grant_id, "began": grant.issued_at.isoformat()}
        asked["granted"] = dict(grant.query.context)
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
        ended = {"ended": self.clock.now().isoformat()}
        record.write(RecordKind.OUTCOME, asked | call.facts | ended)
        # 6. Release.
        return response

    def recheck(self, grant: Grant, request: Request | None = None) -> None:
        """Whoever holds a grant asks before each step whether it still stands, by what is known
        now. `request` is that of the call, where facts depend on it (a consent).

        Raises AccessDenied, with the rule and what would satisfy it, once it has ended: that is
        recorded once, and final for this grant.
        """
        self._still(grant.grant_id, grant.query, request or {})

    def release(self, call: Call, response: Response) -> Response:
        """Whatever a stream finds under its grant, after it has started: restricted, recorded and
        released as the answer of a call is (steps 4 to 6). `call` is of this find alone.

        Raises AuditUnavailable if it cannot be recorded, and then nothing is released.
        """
        record = Recorder(self.audit, self.clock, call.call_id, call.grant.query)
        response = self._restricted(call, response)
        found = {"grant": call.grant.grant_id, "began": call.grant.issued_at.isoformat()}
        ended = {"ended": self.clock.now().isoformat()}
        record.write(RecordKind.OUTCOME, found | call.facts | ended)
        return response

    def store(self, grant: Grant) -> dict[str, Any]:
        """The grant as JSON, to be kept with what works under it."""
        return stored_grants.store(grant, self.digest)

    def revive(self, stored: Mapping[str, Any], request: Request | None = None) -> Grant:
        """The grant that `store` gave, decided anew. Raises AccessDenied if it no longer stands, or
        was altered where it was kept."""
        grant_id, query, issued_at = stored_grants.read(stored, self.digest)
        query, decision = self._still(grant_id, query, request or {})
        return Grant(grant_id, query, decision, issued_at)

    def _still(self, grant_id: str, query: Query, request: Request) -> tuple[Query, Decision]:
        """Decide again, by the policy: restrictions have narrowed the call already, to the terms of
        that time; the policy ends what terms that are stricter now would have narrowed more."""
        begun = {"under_way": True, "begun_reviewed": bool(query.context.get("review"))}
        known = Judge(self.policy, (), self.facts).known(knowing(query, begun), request)
        query = knowing(query, known)
        decision = self.policy.decide(knowing(query, begun))
        if not decision.allowed:
            record = Recorder(self.audit, self.clock, self.new_id(), query)
            self.ended.end(grant_id, _refusal(query, decision), record, decision, known)
        self.ended.check(grant_id)
        return query, decision

    def _mint(self, query: Query, decision: Decision) -> Grant:
        return Grant(self.new_id(), query, decision, self.clock.now())

    def _run(self, operation: Operation, call: Call, request: Request) -> Response:
        """What the operation answers, less what the restrictions withhold."""
        return self._restricted(call, operation.run(self.services, call, request))

    def _restricted(self, call: Call, response: Response) -> Response:
        for restriction in self.restrictions:
            response = restriction.after(call, response)
        return response


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
