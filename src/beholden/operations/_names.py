"""How this deployment names things: ARNs for clients, salted hashes for the log."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Account:
    """The AWS account and region that this deployment plays."""

    account_id: str
    region: str

    def collection_arn(self, collection_id: str) -> str:
        return f"arn:aws:rekognition:{self.region}:{self.account_id}:collection/{collection_id}"

    def processor_arn(self, name: str) -> str:
        return f"arn:aws:rekognition:{self.region}:{self.account_id}:streamprocessor/{name}"

    def camera_arn(self, name: str, added_at: datetime) -> str:
        """That of the Kinesis Video Stream that a camera plays."""
        made = int(added_at.timestamp() * 1000)
        return f"arn:aws:kinesisvideo:{self.region}:{self.account_id}:stream/{name}/{made}"


@dataclass(frozen=True, slots=True)
class SaltedHash:
    """HMAC-SHA-256 under a key of this deployment: comparable inside it, useless outside."""

    key: bytes

    def of(self, value: bytes) -> str:
        return hmac.new(self.key, value, hashlib.sha256).hexdigest()


def new_id() -> str:
    """A fresh FaceId or ImageId."""
    return str(uuid.uuid4())
