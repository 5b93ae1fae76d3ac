"""Alerts of possible misuse (rule 9), for whoever has to look into them. Not part of Rekognition's
API."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from beholden.domain.access import Resource
from beholden.domain.alert import Alert, Settled
from beholden.domain.errors import AccessDenied, InvalidParameter
from beholden.domain.people import same_person
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations._services import Services

MOST = 1_000


class WhichAlerts(TypedDict):
    """Those that nobody has settled; `Settled` shows the others, too."""

    Settled: NotRequired[bool]


class Settlement(TypedDict):
    """`As` is "explained" or "misuse"; `Note` says what was found."""

    AlertId: str
    As: str
    Note: str


def _alerts(_request: Request) -> Resource:
    return Resource("Deployment", "alerts")


@operation("beholden:ListAlerts", resource=_alerts, only_reads=True)
def list_alerts(services: Services, _call: Call, request: WhichAlerts) -> dict[str, Any]:
    found = services.alerts.list(settled=request.get("Settled", False), limit=MOST)
    return {"Alerts": [_shown(alert) for alert in found]}


@operation("beholden:SettleAlert", resource=_alerts)
def settle_alert(services: Services, call: Call, request: Settlement) -> dict[str, Any]:
    """Nobody settles an alert about themselves, under whichever of their keys."""
    if request["As"] not in list(Settled):
        raise InvalidParameter(f"An alert is settled as {' or '.join(Settled)}.")
    if not request["Note"].strip():
        raise InvalidParameter("Say what was found: Note.")
    alert, by = services.alerts.get(request["AlertId"]), call.grant.query.principal.name
    if any(same_person(by, principal) for principal in alert.principals):
        raise AccessDenied("own-alert: this alert is about you; another person must settle it")
    settled = services.alerts.settle(alert.alert_id, Settled(request["As"]), by, request["Note"])
    call.note(alert=alert.alert_id, pattern=str(alert.pattern), settled=request["As"])
    return _shown(settled)


def _shown(alert: Alert) -> dict[str, Any]:
    return {
        "AlertId": alert.alert_id,
        "Pattern": str(alert.pattern),
        "At": alert.at.isoformat(),
        "Subject": alert.subject,
        "Principals": list(alert.principals),
        "Count": alert.count,
        "Limit": alert.limit,
        "Entries": list(alert.entries),
        "Text": alert.text,
        "Settled": str(alert.settled) if alert.settled else None,
        "SettledBy": alert.settled_by,
        "SettledAt": alert.settled_at.isoformat() if alert.settled_at else None,
        "Note": alert.note,
    }
