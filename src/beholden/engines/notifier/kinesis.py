"""Records into a Kinesis Data Stream. Credentials are found as every AWS SDK finds them."""

from __future__ import annotations

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from beholden.domain.errors import NotTaken

TIMEOUT_S = 5


class KinesisRecords:
    """Implements ports.live.Outlet. `endpoint` is an address, or None for AWS's own."""

    def __init__(self, endpoint: str | None, region: str) -> None:
        config = Config(
            connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S, retries={"total_max_attempts": 1}
        )
        self._client = get_session().create_client(
            "kinesis", region_name=region, endpoint_url=endpoint, config=config
        )

    def put(self, stream_arn: str, key: str, record: bytes) -> None:
        try:
            self._client.put_record(StreamARN=stream_arn, Data=record, PartitionKey=key)
        except (BotoCoreError, ClientError) as error:
            raise NotTaken(f"Kinesis: {error}") from error
