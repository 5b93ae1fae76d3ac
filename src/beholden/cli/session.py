"""A command's way to the gate: the same one that HTTP requests take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beholden.cli.options import settings_with
from beholden.credentials import default_profile
from beholden.domain.access import Principal
from beholden.domain.errors import OperatorError

if TYPE_CHECKING:
    from beholden.bootstrap.deployment import Deployment
    from beholden.config import Settings

SESSION_S = 12 * 3600  # a folder may hold many pictures


@dataclass(frozen=True, slots=True)
class Session:
    """Calls operations as the holder of the access key in the deployment's credentials file."""

    deployment: Deployment
    principal: Principal

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        return self.deployment.gate.call(self.principal, operation, request)

    def under(self, purpose: str) -> Session:
        """The same holder for another purpose, by a session that the gate gives or refuses."""
        if purpose == self.principal.purpose:
            return self
        account = self.call("sts:GetCallerIdentity", {})["Account"]
        request = {
            "RoleArn": f"arn:aws:iam::{account}:role/{self.principal.role}",
            "RoleSessionName": "beholden-cli",
            "DurationSeconds": SESSION_S,
            "Tags": [{"Key": "purpose", "Value": purpose}],
        }
        opened = self.call("sts:AssumeRole", request)["Credentials"]
        found = self.deployment.keys.find(opened["AccessKeyId"])
        if found is None:
            raise OperatorError("The session that was opened is gone.")
        return replace(self, principal=found[0].principal)


@contextmanager
def open_session(settings: Settings) -> Iterator[Session]:
    """Open the deployment; raises OperatorError if its credentials are missing or not valid."""
    from beholden.bootstrap.deployment import open_deployment  # noqa: PLC0415 (seconds)

    deployment = open_deployment(settings)
    try:
        yield Session(deployment, _principal(deployment, _credentials(settings)))
    finally:
        deployment.close()


def ask(operation: str, request: Mapping[str, Any], data_dir: Path | None) -> dict[str, Any]:
    """Call one operation as the holder of the deployment's credentials."""
    with open_session(settings_with(data_dir=data_dir)) as session:
        return session.call(operation, request)


def _credentials(settings: Settings) -> Path:
    return settings.credentials or settings.data_dir / "credentials"


def _principal(deployment: Deployment, credentials: Path) -> Principal:
    profile = default_profile(credentials)
    found = deployment.keys.find(profile.get("aws_access_key_id", ""))
    secret = profile.get("aws_secret_access_key", "")
    token = profile.get("aws_session_token")
    if (
        found is None
        or not compare_digest(found[1].encode(), secret.encode())
        or not found[0].comes_with(token)
        or found[0].ended(deployment.clock.now())
    ):
        raise OperatorError(f"The access key in {credentials} is unknown, disabled or expired.")
    return found[0].principal
