"""What a deployment starts with: its profile, a first purpose, and a first access key in the file
that an AWS SDK reads it from."""

from __future__ import annotations

import os
from pathlib import Path

from beholden.domain.audit import AuditRecord, RecordKind
from beholden.domain.errors import OperatorError
from beholden.domain.profile import Profile
from beholden.domain.purpose import SENSITIVE_ATTRIBUTES, Purpose
from beholden.domain.roles import Role
from beholden.operations._names import new_id
from beholden.ports.audit import Audit
from beholden.ports.clock import Clock
from beholden.ports.purposes import Purposes
from beholden.ports.records import Keys

HOLDER = "owner"
PURPOSE = "development"


def ensure_profile(data_dir: Path, asked: Profile | None) -> Profile:
    """The deployment's profile, chosen once, at its first start. Raises OperatorError if another
    is asked for later: what relaxes the rules is no start option."""
    path = data_dir / "profile"
    try:
        if not path.exists():
            path.write_text(f"{asked or Profile.PERSONAL}\n", encoding="ascii")
        profile = Profile(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise OperatorError(f"{path} does not name a profile: {error}.") from error
    if asked not in (None, profile):
        raise OperatorError(
            f"This deployment was made with profile {profile}, and keeps it. For {asked}, make "
            "another: --data-dir DIR."
        )
    return profile


def ensure_purpose(profile: Profile, purposes: Purposes, clock: Clock) -> None:
    """Under `personal`, the purpose of the first key is declared; elsewhere people declare it."""
    if profile is Profile.PERSONAL and purposes.get(PURPOSE) is None:
        purposes.put(
            Purpose(
                name=PURPOSE,
                basis="the owner's own use",
                consent=False,
                retention_days=None,
                threshold_floor_pct=None,
                floor_raises=False,
                review=False,
                attributes=SENSITIVE_ATTRIBUTES,
                report=None,
                declared_at=clock.now(),
            )
        )


def ensure_credentials(data_dir: Path, keys: Keys, audit: Audit, clock: Clock) -> None:
    """Unless there is a credentials file, make an administrator's key and write one.

    Whoever can write to the folder can thus get a key again after the last was lost; the log says
    so. Raises OperatorError if the file cannot be written.
    """
    path = data_dir / "credentials"
    if path.exists():
        return
    key, secret = keys.create(HOLDER, Role.ADMIN, PURPOSE)
    audit.append(
        AuditRecord(
            kind=RecordKind.ADMIN,
            call_id=new_id(),
            at=clock.now(),
            principal=HOLDER,
            key_id=key.key_id,
            role=key.role,
            purpose=key.purpose,
            case=None,
            action="beholden:FirstKey",
            resource='Deployment::"keys"',
        )
    )
    _write(path, key.key_id, secret)


def _write(path: Path, key_id: str, secret: str) -> None:
    """Whole or not at all, readable by its owner only."""
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
