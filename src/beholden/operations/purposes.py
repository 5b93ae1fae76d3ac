"""Purposes, what is bound to them, and consents: declared by people, before anybody is enrolled.

Not part of Rekognition's API: see docs/admin-api.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from beholden.domain.access import Resource
from beholden.domain.consent import Consent
from beholden.domain.errors import InvalidParameter
from beholden.domain.purpose import SENSITIVE_ATTRIBUTES, AccountabilityReport, Purpose
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations._purpose import check_purpose, reaches
from beholden.operations._services import Services
from beholden.operations._two_people import change, make_or_propose
from beholden.operations.retention import AT_ONCE, end, keys_destroyed

Json = dict[str, Any]

MAX_REPORT_BYTES = 10 * 2**20
CONSENTS = "consent-purpose"


class Terms(TypedDict):
    """What is not given stays as it was; `Report` files an accountability report, now; `Ended` ends
    the purpose (False opens it again), and `GraceDays` later whoever was enrolled for it is
    forgotten; `ThresholdFloor` 0 and `RetentionDays` 0 take the term back.
    """

    Name: str
    Basis: NotRequired[str]
    Consent: NotRequired[bool]
    RetentionDays: NotRequired[int]
    GraceDays: NotRequired[int]
    ThresholdFloor: NotRequired[float]
    FloorRaises: NotRequired[bool]
    Review: NotRequired[bool]
    Authorization: NotRequired[bool]
    Attributes: NotRequired[list[str]]
    Report: NotRequired[bytes]
    Ended: NotRequired[bool]


# A report is never only claimed: its hash is of what was filed.
PLAIN_TERMS = frozenset(Terms.__annotations__) - {"Report"}


class Binding(TypedDict):
    CollectionId: str
    Purpose: str


class NewConsent(TypedDict):
    Subject: str
    Purpose: str
    Receipt: str


class OneConsent(TypedDict):
    Subject: str
    Purpose: str


def _purposes(_request: Request) -> Resource:
    return Resource("Deployment", "purposes")


def _consents(_request: Request) -> Resource:
    return Resource("Deployment", "consents")


@operation("beholden:PutPurpose", resource=_purposes)
def put_purpose(services: Services, call: Call, request: Terms) -> Json:
    """Declare a purpose, or change its terms; all of them stand in the log."""
    terms: Json = {name: value for name, value in request.items() if name in PLAIN_TERMS}
    _check(terms)
    if "Report" in request:
        terms["ReportSha256"] = _file(services, request["Report"])
    return make_or_propose(services, call, "purpose", terms)


def _check(terms: Json) -> None:
    if not terms["Name"].strip():
        raise InvalidParameter("A purpose needs a name.")
    if frozenset(terms.get("Attributes", ())) - SENSITIVE_ATTRIBUTES:
        raise InvalidParameter(f"Attributes are some of {', '.join(sorted(SENSITIVE_ATTRIBUTES))}.")
    if not 0 <= terms.get("ThresholdFloor", 0) <= 100:
        raise InvalidParameter("A threshold floor is 0 to 100.")
    if min(terms.get("RetentionDays", 0), terms.get("GraceDays", 0)) < 0:
        raise InvalidParameter("A retention term or grace is 0 days or more.")


def _file(services: Services, report: bytes) -> str:
    if not 0 < len(report) <= MAX_REPORT_BYTES:
        raise InvalidParameter("A report has 1 byte to 10 MiB.")
    return services.reports.put(report)


@change("purpose")
def _put(services: Services, call: Call, terms: Mapping[str, Any]) -> Json:
    now = call.grant.issued_at
    known = services.purposes.get(terms["Name"])
    purpose = _changed(known or _undeclared(terms["Name"], now), terms, now)
    services.purposes.put(purpose)
    call.note(purpose=terms_of(purpose), was=terms_of(known) if known else None)
    return terms_of(purpose)


def _undeclared(name: str, now: datetime) -> Purpose:
    return Purpose(
        name=name,
        basis="",
        consent=False,
        retention_days=None,
        threshold_floor_pct=None,
        floor_raises=False,
        review=False,
        attributes=frozenset(),
        report=None,
        declared_at=now,
    )


def _changed(purpose: Purpose, terms: Mapping[str, Any], now: datetime) -> Purpose:
    floor = terms.get("ThresholdFloor", purpose.threshold_floor_pct)
    days = terms.get("RetentionDays", purpose.retention_days)
    return replace(
        purpose,
        basis=terms.get("Basis", purpose.basis),
        consent=terms.get("Consent", purpose.consent),
        retention_days=days or None,
        grace_days=terms.get("GraceDays", purpose.grace_days),
        threshold_floor_pct=floor or None,
        floor_raises=terms.get("FloorRaises", purpose.floor_raises),
        review=terms.get("Review", purpose.review),
        authorization=terms.get("Authorization", purpose.authorization),
        attributes=frozenset(terms.get("Attributes", purpose.attributes)),
        report=_report(purpose, terms, now),
        ended_at=(now if terms["Ended"] else None) if "Ended" in terms else purpose.ended_at,
    )


def _report(
    purpose: Purpose, terms: Mapping[str, Any], now: datetime
) -> AccountabilityReport | None:
    if "ReportSha256" not in terms:
        return purpose.report
    return AccountabilityReport(terms["ReportSha256"], now)


@operation("beholden:ListPurposes", resource=_purposes, only_reads=True)
def list_purposes(services: Services, _call: Call, _request: Request) -> Json:
    return {
        "Purposes": [
            terms_of(purpose) | {"Collections": list(services.purposes.collections(purpose.name))}
            for purpose in services.purposes.list()
        ]
    }


@operation("beholden:BindCollection", resource=_purposes)
def bind_collection(services: Services, call: Call, request: Binding) -> Json:
    return make_or_propose(services, call, "binding", dict(request))


@change("binding")
def _bind(services: Services, call: Call, binding: Mapping[str, Any]) -> Json:
    services.purposes.bind(binding["CollectionId"], binding["Purpose"])
    call.note(collection=binding["CollectionId"], bound=binding["Purpose"])
    return {}


@operation("beholden:UnbindCollection", resource=_purposes)
def unbind_collection(services: Services, call: Call, request: Binding) -> Json:
    services.purposes.unbind(request["CollectionId"], request["Purpose"])
    call.note(collection=request["CollectionId"], unbound=request["Purpose"])
    return {}


@operation("beholden:AddConsent", resource=_consents)
def add_consent(services: Services, call: Call, request: NewConsent) -> Json:
    check_purpose(call, request["Purpose"], CONSENTS)
    consent = Consent(
        subject=request["Subject"],
        purpose=request["Purpose"],
        receipt_sha256=hashlib.sha256(request["Receipt"].encode()).hexdigest(),
        recorded_by=call.grant.query.principal.name,
        recorded_at=call.grant.issued_at,
    )
    services.consents.add(consent, request["Receipt"])
    call.note(consent=_evidence(services, consent))
    return _receipt(consent)


@operation("beholden:WithdrawConsent", resource=_consents)
def withdraw_consent(services: Services, call: Call, request: OneConsent) -> Json:
    """Nobody is enrolled on it any more; and where the purpose rests on consent, the faces that
    were enrolled on it end at once, as if their term had run out."""
    check_purpose(call, request["Purpose"], CONSENTS)
    consent = services.consents.withdraw(request["Subject"], request["Purpose"])
    call.note(withdrawn=_evidence(services, consent))
    purpose = services.purposes.get(consent.purpose)
    gone = _forgotten(services, call, consent) if purpose and purpose.consent else []
    return _receipt(consent) | {"Faces": len(gone)}


def _forgotten(services: Services, call: Call, consent: Consent) -> list[str]:
    found = services.retention.enrolled(consent.subject, consent.purpose)
    gone = [face_id for one in found for face_id in end(services, one)]
    call.note(ended_faces=gone)
    keys_destroyed(services, call, AT_ONCE)
    return gone


@operation("beholden:ListConsents", resource=_consents, only_reads=True)
def list_consents(services: Services, call: Call, _request: Request) -> Json:
    given = services.consents.list()
    return {"Consents": [_receipt(one) for one in given if reaches(call, one.purpose)]}


def _evidence(services: Services, consent: Consent) -> Json:
    """What the log keeps: no name."""
    subject = services.hashes.of(consent.subject.encode())
    return {"subject": subject, "purpose": consent.purpose, "receipt": consent.receipt_sha256}


def _receipt(consent: Consent) -> Json:
    return {
        "Subject": consent.subject,
        "Purpose": consent.purpose,
        "ReceiptSha256": consent.receipt_sha256,
        "RecordedBy": consent.recorded_by,
        "RecordedAt": consent.recorded_at.isoformat(),
        "WithdrawnAt": consent.withdrawn_at.isoformat() if consent.withdrawn_at else None,
    }


def terms_of(purpose: Purpose) -> Json:
    """The terms of a purpose, as they are answered, logged and published."""
    report = purpose.report
    return {
        "Name": purpose.name,
        "Basis": purpose.basis,
        "Consent": purpose.consent,
        "RetentionDays": purpose.retention_days,
        "GraceDays": purpose.grace_days,
        "ThresholdFloor": purpose.threshold_floor_pct,
        "FloorRaises": purpose.floor_raises,
        "Review": purpose.review,
        "Authorization": purpose.authorization,
        "Attributes": sorted(purpose.attributes),
        "ReportSha256": report.sha256 if report else None,
        "ReportFiledAt": report.filed_at.isoformat() if report else None,
        "DeclaredAt": purpose.declared_at.isoformat(),
        "EndedAt": purpose.ended_at.isoformat() if purpose.ended_at else None,
        "Lacks": list(purpose.lacks),
    }
