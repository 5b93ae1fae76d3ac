import threading
from dataclasses import replace

import pytest

from beholden.domain.errors import AuditUnavailable
from beholden.engines.audit.tlog import TileLog
from beholden.testing.audit import MemoryAudit, a_record


@pytest.fixture(params=["fake", "tlog"])
def audit(request, tmp_path):
    if request.param == "fake":
        yield MemoryAudit()
    else:
        log = TileLog(tmp_path / "log", tmp_path / "key", "log.example.org")
        yield log
        log.close()


def test_records_take_the_next_index(audit):
    logged = [audit.append(a_record(f"call-{n}")) for n in range(30)]
    assert [where.index for where in logged] == list(range(30))
    assert all(where.tree_size > where.index for where in logged)


def test_no_two_records_share_an_index(audit):
    found = []

    def append_some():
        for _ in range(20):
            found.append(audit.append(a_record()).index)

    threads = [threading.Thread(target=append_some) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(160))


@pytest.mark.parametrize("fact", [b"bytes", float("nan"), "x" * 70_000])
def test_what_cannot_be_recorded_is_refused_and_harms_nobody(audit, fact):
    with pytest.raises(AuditUnavailable):
        audit.append(replace(a_record(), facts={"fact": fact}))
    assert audit.append(a_record()).index == 0


def test_closing_twice(audit):
    audit.close()
    audit.close()
