"""What a deployment starts with: its profile, a first purpose, and a first access key in the file
that an AWS SDK reads it from. Each is made once, and the log says so."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beholden import private
from beholden.credentials import write_credentials
from beholden.domain.audit import AuditRecord, RecordKind
from beholden.domain.errors import OperatorError
from beholden.domain.profile import Profile
from beholden.domain.purpose import SENSITIVE_ATTRIBUTES, Purpose
from beholden.domain.roles import Role
from beholden.operations._names import new_id
from beholden.operations.purposes import terms_of
from beholden.ports.audit import Audit
from beholden.ports.clock import Clock
from beholden.ports.profiles import Profiles
from beholden.ports.purposes import Purposes
from beholden.ports.records import Keys
from beholden.ports.trail import Trail

HOLDER = "owner"
PURPOSE = "development"
BASIS = "the owner's own use"
IN_FORCE = "beholden:RuleInForce"
# Records that tell which rules hold from then on: (kind, action).
TELLING = frozenset(
    {
        ("admin", IN_FORCE),
        ("outcome", "beholden:PutPurpose"),
        ("outcome", "beholden:ChooseProfile"),
        ("outcome", "beholden:Approve"),
    }
)
Rules = dict[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class FirstStart:
    """Every start passes through here; only what is missing is made. Records are written in the
    log before they hold."""

    data_dir: Path
    audit: Audit
    clock: Clock

    def profile(self, profiles: Profiles, asked: Profile | None) -> Profile:
        """The deployment's profile: `asked` (or personal) in a new one. Raises OperatorError if
        another is asked for later: what relaxes the rules is no start option."""
        current = profiles.current()
        if current is None:
            current = asked or Profile.PERSONAL
            self._log("beholden:FirstProfile", "policy", {"profile": str(current)})
            profiles.choose(current)
        if asked not in (None, current):
            raise OperatorError(
                f"This deployment was made with profile {current}, and keeps it. To change it: "
                f"beholden init --profile {asked}. Or make another: --data-dir DIR."
            )
        return current

    def policy(self, profiles: Profiles, digest: str) -> None:
        """Log what the policies of the profile say, if that is new since the last start."""
        before = profiles.loaded()
        if before != digest:
            facts = {"profile": str(profiles.current()), "digest": digest, "was": before}
            self._log("beholden:LoadPolicy", "policy", facts)
            profiles.load(digest)

    def trust(self, trail: Trail, rows: Mapping[str, int]) -> None:
        """Log that rules which a version before seals wrote, so many rows of each table, are sealed
        as they stand. Raises OperatorError if the log tells of a start since there are seals."""
        if any(_record(entry)["action"] == IN_FORCE for _, entry in trail.entries(0)):
            raise OperatorError(
                "The rules in the records have no seals, and the log says that they had. Restore a "
                "backup of the records that this version made."
            )
        self._log("beholden:SealRules", "policy", {"rows": rows})

    def rules(self, profile: Profile, purposes: Purposes, trail: Trail, secret: bytes) -> None:
        """Log the profile and the terms of each purpose that are not as the log tells, whoever
        changed them, and by which way: what the log and the public page tell is what holds.

        A file keeps what the log told up to some entry, under a MAC with `secret`. An older one,
        or none, only means to read more of the log.
        """
        path = self.data_dir / "rules-in-force"
        first, before = _kept(path, secret)
        size = trail.size()
        for _, entry in trail.entries(first):
            if b'"beholden:' in entry:  # most are of Rekognition's operations
                _tell(before, _record(entry))
        known = {f"purpose {one.name}": {"purpose": terms_of(one)} for one in purposes.list()}
        now: Rules = {"profile": {"profile": str(profile)}, **known}
        for name, facts in now.items():
            if facts != before.get(name):
                self._log(IN_FORCE, "policy", facts)
        for name in before.keys() - now.keys():
            ended = {**before[name]["purpose"], "EndedAt": self.clock.now().isoformat()}
            self._log(IN_FORCE, "policy", {"purpose": ended, "missing": True})
        text = json.dumps([size, now])
        private.write(path, f"{_mac(secret, text.encode()).decode()}\n{text}")

    def witnesses(self, terms: Mapping[str, object], *, none: bool) -> None:
        """Log on which terms outside witnesses follow the log, if they changed since the last
        start; `none` says that there are none, which only a change makes worth a record."""
        self._terms("witness", terms, terms if none else None)

    def oversight(self, terms: Mapping[str, object], usual: Mapping[str, object]) -> None:
        """Log within which limits misuse is looked for, and when is published, if they are not as
        at the last start; those of a new deployment are news unless they are the usual."""
        self._terms("oversight", terms, usual)

    def _terms(
        self, name: str, terms: Mapping[str, object], usual: Mapping[str, object] | None
    ) -> None:
        path = self.data_dir / f"{name}-terms.json"
        before = _read(path)
        if terms == (usual if before is None else before):
            return
        self._log(f"beholden:{name.capitalize()}Terms", "log", {**terms, "were": before})
        private.write(path, json.dumps(terms))

    def purpose(self, profile: Profile, purposes: Purposes) -> None:
        """Under `personal`, the purpose of the first key is declared; elsewhere people do it."""
        if profile is not Profile.PERSONAL or purposes.get(PURPOSE) is not None:
            return
        terms = {"Name": PURPOSE, "Basis": BASIS, "Attributes": sorted(SENSITIVE_ATTRIBUTES)}
        self._log("beholden:FirstPurpose", "purposes", {"purpose": terms})
        purposes.put(
            Purpose(
                name=PURPOSE,
                basis=BASIS,
                consent=False,
                retention_days=None,
                threshold_floor_pct=None,
                floor_raises=False,
                review=False,
                attributes=SENSITIVE_ATTRIBUTES,
                report=None,
                declared_at=self.clock.now(),
            )
        )

    def credentials(self, keys: Keys, profile: Profile) -> None:
        """Unless there is a credentials file, make an administrator's key and write one.

        Whoever can write to the folder can thus get a key again after the last was lost; the log
        says so. Not where changes take two people and there is an administrator: one person with
        a shell would be both. Raises OperatorError if the file cannot be written.
        """
        path = self.data_dir / "credentials"
        if path.exists() or (profile.two_people and _administered(keys)):
            return
        key, secret = keys.create(HOLDER, Role.ADMIN, PURPOSE)
        self._log("beholden:FirstKey", "keys", {}, key.key_id)
        write_credentials(path, key.key_id, secret)

    def _log(
        self, action: str, resource: str, facts: Mapping[str, object], key_id: str = ""
    ) -> None:
        self.audit.append(
            AuditRecord(
                kind=RecordKind.ADMIN,
                call_id=new_id(),
                at=self.clock.now(),
                principal=HOLDER,
                key_id=key_id,
                role=Role.ADMIN,
                purpose=PURPOSE,
                case=None,
                action=action,
                resource=f'Deployment::"{resource}"',
                facts=facts,
            )
        )


def _administered(keys: Keys) -> bool:
    return any(key.role == Role.ADMIN and key.disabled_at is None for key in keys.list())


def _read(path: Path) -> Any:
    """None if there is no such file, or it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _kept(path: Path, secret: bytes) -> tuple[int, Rules]:
    """Up to which entry the log was read, and what it told; nothing unless we wrote that."""
    try:
        mac, _, text = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return 0, {}
    if not hmac.compare_digest(mac, _mac(secret, text)):
        return 0, {}
    first, told = json.loads(text)
    return first, told


def _mac(secret: bytes, text: bytes) -> bytes:
    return hmac.digest(secret, text, "sha256").hex().encode()


def _record(entry: bytes) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(entry)
    return record


def _tell(rules: Rules, record: Mapping[str, Any]) -> None:
    """What a record tells of the rules that hold after it."""
    if (record["kind"], record["action"]) not in TELLING:
        return
    facts = record["facts"]
    if "profile" in facts:
        rules["profile"] = {"profile": facts["profile"]}
    terms = facts.get("purpose")
    if isinstance(terms, Mapping):
        name = f"purpose {terms['Name']}"
        if "missing" in facts:
            rules.pop(name, None)
        else:
            rules[name] = {"purpose": terms}
