"""Records into a Data Stream of moto's server, which goes away and comes back."""

import boto3
import pytest

from beholden.engines.notifier.kinesis import KinesisRecords
from beholden.streams.delivery import Line
from tests.serving import free_port

pytestmark = pytest.mark.slow

server = pytest.importorskip("moto.server", reason="moto plays Kinesis")
KEYS = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}


@pytest.fixture
def switched():
    """`on()` and `off()` at the address that it is called with."""
    running = []

    class Switch:
        port = free_port()
        url = f"http://127.0.0.1:{port}"

        def on(self):
            running.append(server.ThreadedMotoServer("127.0.0.1", self.port, verbose=False))
            running[-1].start()

        def off(self):
            while running:
                running.pop().stop()

    switch = Switch()
    switch.on()
    yield switch
    switch.off()


def test_a_service_that_was_away_gets_what_waited_in_order_and_the_oldest_are_counted(
    switched, monkeypatch
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    kinesis = boto3.client("kinesis", endpoint_url=switched.url, **KEYS)
    kinesis.create_stream(StreamName="away", ShardCount=1)
    told = kinesis.describe_stream(StreamName="away")["StreamDescription"]
    line = Line(KinesisRecords(switched.url, "us-east-1"), told["StreamARN"], "door", most=5)
    line.put(b"before")
    line.flush(10)
    switched.off()
    for no in range(10):
        line.put(b"%d" % no)
    switched.on()
    line.flush(10)
    line.close()
    shard = told["Shards"][0]["ShardId"]
    at = kinesis.get_shard_iterator(
        StreamName="away", ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    arrived = [record["Data"] for record in kinesis.get_records(ShardIterator=at)["Records"]]
    assert arrived == [b"before", b"5", b"6", b"7", b"8", b"9"]
    assert (line.delivered, line.dropped) == (6, 5)
