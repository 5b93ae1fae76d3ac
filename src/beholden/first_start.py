"""What a deployment starts with: its profile, a first purpose, and a first access key in the file
that an AWS SDK reads it from. Each is made once, and the log says so."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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

HOLDER = "owner"
PURPOSE = "development"
BASIS = "the owner's own use"


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

    def rules(self, profile: Profile, purposes: Purposes) -> None:
        """Log the profile and the terms of each purpose that are not as at the last start, whoever
        changed them, and by which way: what the log and the public page tell is what holds."""
        path = self.data_dir / "rules-in-force.json"
        before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        known = {f"purpose {one.name}": {"purpose": terms_of(one)} for one in purposes.list()}
        now: dict[str, Mapping[str, object]] = {"profile": {"profile": str(profile)}, **known}
        for name, facts in now.items():
            if facts != before.get(name):
                self._log("beholden:RuleInForce", "policy", facts)
        for name in before.keys() - now.keys():
            ended = {**before[name]["purpose"], "EndedAt": self.clock.now().isoformat()}
            self._log("beholden:RuleInForce", "policy", {"purpose": ended, "missing": True})
        path.write_text(json.dumps(now), encoding="utf-8")

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
        before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        if terms == (usual if before is None else before):
            return
        self._log(f"beholden:{name.capitalize()}Terms", "log", {**terms, "were": before})
        path.write_text(json.dumps(terms), encoding="utf-8")

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

    def credentials(self, keys: Keys) -> None:
        """Unless there is a credentials file, make an administrator's key and write one.

        Whoever can write to the folder can thus get a key again after the last was lost; the log
        says so. Raises OperatorError if the file cannot be written.
        """
        path = self.data_dir / "credentials"
        if path.exists():
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


def write_credentials(path: Path, key_id: str, secret: str) -> None:
    """An AWS shared-credentials file: whole or not at all, readable by its owner only. Raises
    OperatorError if it cannot be written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    text = f"[default]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from error
