"""Delivery to topics of Amazon SNS, or of anything that speaks its API."""

from __future__ import annotations

import json

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from beholden.domain.message import Message
from beholden.engines.notifier.outbox import NotDelivered

TIMEOUT_S = 10.0


class Sns:
    """Publishes the body of each message, as JSON, to the topic that it is addressed to.

    Credentials come from where AWS clients look for them. Trying again is for the outbox to do.
    """

    def __init__(self, endpoint: str, region: str) -> None:
        config = Config(
            connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S, retries={"total_max_attempts": 1}
        )
        session = get_session()
        self._client = session.create_client(
            "sns", region_name=region, endpoint_url=endpoint, config=config
        )

    def __call__(self, message: Message) -> None:
        """Raises NotDelivered."""
        try:
            self._client.publish(TopicArn=message.to, Message=json.dumps(dict(message.body)))
        except (BotoCoreError, ClientError) as error:
            raise NotDelivered(f"{message.to}: {error}") from error
