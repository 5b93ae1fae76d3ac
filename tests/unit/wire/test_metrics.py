"""What /metrics tells, and whom."""

from contextlib import contextmanager

import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from beholden.domain.errors import OperatorError
from beholden.domain.health import StreamHealth
from beholden.domain.job import JobStatus
from beholden.wire.app import create_app
from beholden.wire.metrics import Metrics
from tests.serving import serving

from .conftest import TwoKeys, signed

TOKEN = "a token of length"
HEALTH = StreamHealth("door", True, 0.08, 50, 3, 2, 7, 1)


class Gate:
    def call(self, principal, operation, request):
        return {"CollectionIds": [], "FaceModelVersions": []}


@contextmanager
def server(token, clock):
    """Ask it: `ask(method, path, body, headers)`."""
    metrics = Metrics(token, lambda: [HEALTH], lambda: {JobStatus.FAILED: 4})
    routes = metrics.routes()
    app = create_app(Gate(), TwoKeys(), clock, offered={"ListCollections"}, routes=routes)
    with serving(metrics.counting(app)) as url, urllib3.PoolManager(retries=False) as pool:
        yield lambda method, path, body=b"", headers=(): pool.request(
            method, url + path, body=body, headers=dict(headers)
        )


@pytest.fixture
def ask(clock):
    with server(TOKEN, clock) as ask:
        yield ask


def read(ask):
    """Every sample: its name and labels (sorted values), and its value."""
    answer = ask("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status == 200
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.data.decode())
        for sample in family.samples
    }


def test_streams_and_jobs(ask):
    told = read(ask)
    assert {name: value for name, value in told.items() if "stream" in name[0]} == {
        ("beholden_stream_has_picture", "door"): 1,
        ("beholden_stream_late_seconds", "door"): 0.08,
        ("beholden_stream_frames_total", "door"): 50,
        ("beholden_stream_frames_dropped_total", "door"): 3,
        ("beholden_stream_connections_total", "door"): 2,
        ("beholden_stream_records_waiting", "door"): 7,
        ("beholden_stream_records_dropped_total", "door"): 1,
    }
    assert told["beholden_jobs", "FAILED"] == 4
    assert told[("process_resident_memory_bytes",)] > 1e6


def test_requests_by_operation_and_status(ask):
    request = signed()
    for _ in range(2):
        answer = ask("POST", "/", request.body, request.headers)
        assert answer.status == 200, answer.data
    for operation in ("SearchFaces", "MadeUp"):
        ask("POST", "/", headers={"X-Amz-Target": f"RekognitionService.{operation}"})
    ask("GET", "/healthz")
    told = read(ask)
    counted = {
        name[1:]: v for name, v in told.items() if name[0] == "beholden_request_seconds_count"
    }
    assert counted == {
        ("200", "ListCollections"): 2,
        ("400", "SearchFaces"): 1,
        ("400", "unknown"): 1,
    }
    assert told["beholden_request_seconds_sum", "200", "ListCollections"] > 0


@pytest.mark.parametrize("shown", [None, "Bearer ", "Bearer a token of lengtH", TOKEN, "Bearer é"])
def test_whoever_shows_no_token_reads_nothing(ask, shown):
    headers = {} if shown is None else {"Authorization": shown.encode()}
    answer = ask("GET", "/metrics", headers=headers)
    assert answer.status == 401
    assert b"beholden_" not in answer.data


def test_without_a_token_there_is_no_such_page(clock):
    with server("", clock) as ask:
        assert ask("GET", "/metrics").status == 404
    with pytest.raises(OperatorError), server("short", clock):
        pass
