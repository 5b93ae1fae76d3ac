"""The page of a packet: what happened, for somebody who has never heard of a log."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from beholden import pages
from beholden.disclosure.dossier import Dossier, Json

# What became of a search, in one sentence.
OUTCOMES = {
    "waiting": "Two reviewers have not yet judged it.",
    "upheld": "Two reviewers, each alone, named the same person. That is a lead, not a proof.",
    "no-match": "Two reviewers, each alone, found that none of the candidates is the person.",
    "overturned": "The two reviewers did not agree. No match was released.",
    "expired": "What was found has been destroyed. Only the log speaks of it any more.",
    None: "The purpose did not demand review: candidates were shown to whoever searched.",
}
ACTS = {
    "beholden:OpenLead": "looked at the candidates",
    "beholden:JudgeLead": "judged",
    "beholden:GetLead": "asked for the outcome",
    "beholden:ExpireLead": "had what was found destroyed",
    "beholden:SweepRetention": "found its term over",
    "beholden:RaiseAlert": "drew it at random for an auditor to look at",
    "beholden:Disclose": "made a packet like this one",
}


def render(dossier: Dossier) -> str:
    """One page of HTML that needs nothing else."""
    page = pages.environment("beholden.disclosure", moment=_moment).get_template("packet.html")
    record = dossier.record()
    return page.render(
        dossier=dossier,
        record=record,
        facts=record["facts"],
        outcome=OUTCOMES[dossier.state],
        candidates=dossier.candidates(),
        verdicts=dossier.verdicts(),
        timeline=[(index, one, _did(one)) for index, one in dossier.records()],
        cards={name: json.loads(card) for name, card in dossier.cards.items()},
        probe=base64.b64encode(dossier.probe).decode() if dossier.probe else None,
    )


def _did(record: Json) -> str:
    """What a record says, in words."""
    act = ACTS.get(record["action"]) or str(record["action"])
    ends = {
        "intent": "began",
        "evidence": "more of what was found",
        "refusal": "was refused",
        "failure": f"failed ({record['facts'].get('error', '')})",
    }
    return f"{act}: {ends[record['kind']]}" if record["kind"] in ends else act


def _moment(at: str | datetime) -> str:
    when = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
