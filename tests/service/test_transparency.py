"""The public page of a running server, and a second program that counts it again over HTTP."""

import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "recompute_report.py"


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


def test_the_page_is_shown_to_whoever_asks(service):
    page = get(f"{service.url}/transparency")
    assert "How faces are recognised here" in page
    assert "beholden.localhost/public+" in page


def test_a_second_program_counts_the_same_over_http(service):
    logs = [f"{service.url}/published", "--audit", f"{service.url}/log"]
    for _ in range(3):  # the server publishes meanwhile, every 15 seconds
        before = get(f"{service.url}/transparency.json")
        again = subprocess.run(
            [sys.executable, TOOL, *logs], capture_output=True, text=True, check=False
        )
        if get(f"{service.url}/transparency.json") == before:
            break
    assert again.returncode == 0, again.stderr
    assert again.stdout == before


def test_entries_of_the_audit_log_itself_are_not_shown(service):
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(f"{service.url}/log/tile/entries/000.p/1")
    assert refused.value.code in (400, 403)
