"""Leads and the verdicts on them."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from beholden.domain.errors import ResourceNotFound
from beholden.domain.gallery import Subject
from beholden.domain.lead import Finding, Hit, Lead, LeadState, Probe, Verdict
from beholden.engines.records.database import Database
from beholden.engines.records.face_rows import pieces
from beholden.engines.records.leads_schema import leads, verdicts
from beholden.engines.records.seals import Seals
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault

_FINDING = b"finding"


class SqlLeads:
    def __init__(self, database: Database, vault: Vault, clock: Clock, seals: Seals) -> None:
        self._database = database
        self._seals = seals
        self._vault = vault
        self._clock = clock

    def add(self, lead: Lead, finding: Finding) -> None:
        """The data key is durable before the row is: a lead is never without one."""
        self._vault.create(_data_key(lead.lead_id))
        columns = asdict(lead)
        del columns["reviewers"]
        sealed = self._seal(lead.lead_id, _told(finding), _FINDING)
        with self._database.writing() as connection:
            connection.execute(insert(leads).values(**columns, finding=sealed))
            self._seals.put(connection, leads, leads.c.lead_id == lead.lead_id)

    def get(self, lead_id: str) -> Lead:
        with self._database.reading() as connection:
            (lead,) = self._leads(connection, [self._row(connection, lead_id)])
        return lead

    def by_call(self, call_id: str) -> Lead | None:
        with self._database.reading() as connection:
            rows = connection.execute(select(leads).where(leads.c.call_id == call_id)).all()
            return next(iter(self._leads(connection, rows)), None)

    def list(
        self, *, purpose: str | None = None, authorization: str | None = None
    ) -> Sequence[Lead]:
        found = select(leads).order_by(leads.c.no)
        if purpose is not None:
            found = found.where(leads.c.purpose == purpose)
        if authorization is not None:
            found = found.where(leads.c.authorization == authorization)
        with self._database.reading() as connection:
            return self._leads(connection, connection.execute(found).all())

    def open(self, lead_id: str) -> tuple[Finding, Sequence[Verdict]]:
        with self._database.reading() as connection:
            row = self._row(connection, lead_id)
            given = self._verdict_rows(connection, row.no)
        if row.finding is None:
            raise ResourceNotFound(f"The lead {lead_id} has expired: what it held is destroyed.")
        return _finding(self._open(lead_id, row.finding, _FINDING)), self._verdicts(lead_id, given)

    def judge(self, lead_id: str, verdict: Verdict) -> Lead:
        with self._database.writing() as connection:
            row = self._row(connection, lead_id, locked=True)
            earlier = self._verdicts(lead_id, self._verdict_rows(connection, row.no))
            (lead,) = self._leads(connection, [row])
            lead = lead.judged(earlier, verdict)
            connection.execute(
                insert(verdicts).values(
                    lead_no=row.no,
                    no=len(lead.reviewers),
                    reviewer=verdict.reviewer,
                    key_id=verdict.key_id,
                    at=verdict.at,
                    sealed=self._seal(
                        lead_id,
                        {"choice": verdict.choice, "reason": verdict.reason, "salt": verdict.salt},
                        verdict.reviewer.encode(),
                    ),
                )
            )
            _close(connection, lead)
            self._seals.put(connection, verdicts, verdicts.c.lead_no == row.no)
            self._seals.put(connection, leads, leads.c.no == row.no)
        return lead

    def expire(self, lead_id: str) -> Lead:
        with self._database.writing() as connection:
            row = self._row(connection, lead_id, locked=True)
            (lead,) = self._leads(connection, [row])
            if lead.state is not LeadState.EXPIRED:
                lead = replace(lead, state=LeadState.EXPIRED, closed_at=self._clock.now())
                _close(connection, lead)
                of_lead = verdicts.c.lead_no == row.no
                connection.execute(update(leads).where(leads.c.no == row.no).values(finding=None))
                connection.execute(update(verdicts).where(of_lead).values(sealed=None))
                self._seals.put(connection, verdicts, of_lead)
                self._seals.put(connection, leads, leads.c.no == row.no)
        self._vault.destroy(_data_key(lead_id))
        return lead

    def _row(self, connection: Connection, lead_id: str, *, locked: bool = False) -> Row[Any]:
        """`locked` until the transaction ends, so that verdicts come one at a time."""
        of_id = select(leads).where(leads.c.lead_id == lead_id)
        row = connection.execute(of_id.with_for_update() if locked else of_id).one_or_none()
        if row is None:
            raise ResourceNotFound(f"There is no lead {lead_id}.")
        self._seals.one(leads, row)
        return row

    def _verdict_rows(self, connection: Connection, *lead_nos: int) -> Sequence[Row[Any]]:
        of_leads = select(verdicts).where(verdicts.c.lead_no.in_(lead_nos)).order_by(verdicts.c.no)
        rows = connection.execute(of_leads).all()
        self._seals.check(verdicts, rows)
        return rows

    def _leads(self, connection: Connection, rows: Sequence[Row[Any]]) -> Sequence[Lead]:
        """The rows as leads, each with the names of those who have judged it."""
        self._seals.check(leads, rows)
        reviewers: dict[int, tuple[str, ...]] = {}
        for piece in pieces(row.no for row in rows):
            for one in self._verdict_rows(connection, *piece):
                reviewers[one.lead_no] = (*reviewers.get(one.lead_no, ()), one.reviewer)
        return [_lead(row, reviewers.get(row.no, ())) for row in rows]

    def _verdicts(self, lead_id: str, rows: Sequence[Row[Any]]) -> Sequence[Verdict]:
        return [
            Verdict(
                reviewer=row.reviewer,
                key_id=row.key_id,
                at=row.at,
                **self._open(lead_id, row.sealed, row.reviewer.encode()),
            )
            for row in rows
            if row.sealed is not None
        ]

    def _seal(self, lead_id: str, told: object, context: bytes) -> bytes:
        text = json.dumps(told, separators=(",", ":")).encode()
        return self._vault.seal(_data_key(lead_id), [text], [context])[0]

    def _open(self, lead_id: str, sealed: bytes, context: bytes) -> dict[str, Any]:
        (text,) = self._vault.open(_data_key(lead_id), [sealed], [context])
        told: dict[str, Any] = json.loads(text)
        return told


def _data_key(lead_id: str) -> str:
    return f"leads/{lead_id}"


def _lead(row: Row[Any], reviewers: tuple[str, ...]) -> Lead:
    columns = dict(row._mapping)
    del columns["no"], columns["finding"], columns["seal"]
    return Lead(**columns | {"state": LeadState(row.state), "reviewers": reviewers})


def _close(connection: Connection, lead: Lead) -> None:
    connection.execute(
        update(leads)
        .where(leads.c.lead_id == lead.lead_id)
        .values(state=lead.state, closed_at=lead.closed_at)
    )


def _told(finding: Finding) -> dict[str, Any]:
    told = asdict(finding)
    picture = finding.probe.picture
    told["probe"]["picture"] = b64encode(picture).decode() if picture else None
    return told


def _finding(told: dict[str, Any]) -> Finding:
    probe, picture = told["probe"], told["probe"]["picture"]
    return Finding(
        **told
        | {
            "subject": Subject(told["subject"]),
            "probe": Probe(
                probe["logged"],
                b64decode(picture) if picture else None,
                Subject(probe["subject"]) if probe["subject"] else None,
                probe["subject_no"],
            ),
            "hits": tuple(Hit(**hit) for hit in told["hits"]),
            "evidence": tuple(told["evidence"]),
        }
    )
