"""A packet: one zip with a page for people, the records with their proofs, and a verifier."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from importlib.resources import files

from beholden.disclosure.dossier import Dossier
from beholden.disclosure.page import render

MANIFEST = "MANIFEST"
TITLE = "beholden disclosure packet v1"
VERIFIERS = ("verify.py", "verify_log.py")
# A zip file's own notion of time, so that equal packets are equal files.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build(dossier: Dossier, sign: Callable[[str], str]) -> bytes:
    """The packet. `sign` makes a signed note of a text, by the log's key."""
    members = _members(dossier)
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in members.items()]
    members[MANIFEST] = sign("\n".join([TITLE, *lines, ""])).encode()
    return _zip(members)


def _members(dossier: Dossier) -> dict[str, bytes]:
    offline = files("beholden.disclosure") / "offline"
    members = {
        "index.html": render(dossier).encode(),
        "packet.json": _told(dossier),
        "log/log.vkey": f"{dossier.excerpt.key}\n".encode(),
        "log/checkpoint": dossier.excerpt.checkpoint.encode(),
    }
    for one in dossier.excerpt.entries:
        members[f"log/entries/{one.index:09d}.json"] = one.entry
        members[f"log/proofs/{one.index:09d}.txt"] = one.proof.encode()
    members |= {f"models/{name}.json": card for name, card in dossier.cards.items()}
    if dossier.probe is not None:
        members["probe.jpg"] = dossier.probe
    return members | {name: (offline / name).read_bytes() for name in VERIFIERS}


def _told(dossier: Dossier) -> bytes:
    told = {
        "call": dossier.call_id,
        "search": dossier.search,
        "state": dossier.state,
        "openings": [
            {"entry": o.entry, "fact": o.fact, "salt": o.salt, "value": o.value}
            for o in dossier.openings
        ],
        "made_at": dossier.made_at.isoformat(),
        "made_by": dossier.made_by,
    }
    return json.dumps(told, indent=1, sort_keys=True).encode()


def _zip(members: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packet:
        for name, data in members.items():
            packet.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return whole.getvalue()
