"""The page, its other forms, and the ways to ask for them."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

import pytest
from starlette.applications import Starlette

from beholden.console.charts import by_month, rate_bar
from beholden.console.page import PublicKeys, feed, html, share
from beholden.console.transparency import transparency_routes
from beholden.oversight.report import CALLS, report
from beholden.oversight.tally import new_tally

from ...serving import serving

KEYS = PublicKeys("pub+1+k", "log.example.org+2+k")


def a_report(**changes):
    return report(new_tally()) | changes


def a_row(month="2026-01", purpose="door", **calls):
    return dict.fromkeys(CALLS, 0) | {"month": month, "purpose": purpose} | calls


class Numbers:
    def __init__(self, made):
        self.made, self.asked = made, []

    def report(self, year=None):
        self.asked.append(year)
        return self.made | {"year": year}


class Checkpoints:
    def days(self):
        return [
            {"at": f"2026-01-0{n}T00:00:00+00:00", "entries": n, "published": "p", "audit": "a"}
            for n in (1, 2)
        ]


@pytest.fixture
def numbers():
    return Numbers(a_report(entries=7, months=[a_row(searches=3)]))


@pytest.fixture
def get(numbers):
    """get(path, **headers): status, headers and text of the answer."""
    app = Starlette(routes=transparency_routes(numbers, Checkpoints(), KEYS))
    with serving(app) as base:

        def ask(path, **headers):
            request = urllib.request.Request(f"{base}/transparency{path}", headers=headers)
            try:
                with urllib.request.urlopen(request) as answer:
                    return answer.status, answer.headers, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.headers, error.read().decode()

        yield ask


def test_an_empty_log_has_a_page():
    page = html(a_report(), KEYS)
    assert "No purpose is declared." in page
    assert "log.example.org" in page


def test_what_an_operator_wrote_cannot_become_markup():
    evil = '"><script>alert(1)</script>'
    terms = {"name": evil, "since": "d", "changed": "d", "terms": {"Basis": evil}}
    made = {"kind": evil, "day": evil, "list_sha256": evil, "groups": [{"group": evil}]}
    page = html(
        a_report(
            purposes=[terms],
            refusals={evil: 1},
            evaluations=[made],
            months=[a_row(purpose=evil, searches=1)],
            thresholds=[{"purpose": evil, "threshold_pct": 80.0, "calls": 1}],
            reviews=[{"purpose": evil, "states": {evil: 1}}],
            alerts={evil: 1},
        ),
        KEYS,
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 8


@pytest.mark.parametrize(
    "summary",
    [None, {}, {"in_use_pct": "high", "warnings": 3}, {"headline": {"at": [1, {}]}, "images": "x"}],
)
def test_a_malformed_evaluation_breaks_no_page(summary):
    filed = {"kind": "x", "day": "2026-01-01", "list_sha256": "ab", "summary": summary}
    rows = [1, {"group": "F"}, {"errors": 1, "trials": 2, "rate": None, "low": None, "high": None}]
    assert "measured" in html(a_report(evaluations=[filed | {"groups": rows}]), KEYS)


def test_every_form_is_served_without_a_signature(get):
    assert "<h1>" in get("")[2]
    assert json.loads(get(".json")[2])["entries"] == 7
    assert get(".csv")[2].splitlines()[1].startswith("2026-01,door,3,")
    entries = ET.fromstring(get("/feed.xml")[2])
    titles = [e.text for e in entries.iter("{http://www.w3.org/2005/Atom}title")]
    assert titles[1:] == ["2026-01-02: 2 entries", "2026-01-01: 1 entries"]


def test_a_year_is_asked_for_and_nothing_else(get, numbers):
    assert get("?year=2026")[0] == 200
    assert numbers.asked == [2026]
    for bad in ("26", "²⁰²⁶", "2026-01", "-026", ""):
        assert get(f"?year={urllib.parse.quote(bad)}")[0] == 400


def test_an_unchanged_page_is_not_sent_again(get):
    tag = get("")[1]["etag"]
    assert get("", **{"If-None-Match": tag})[0] == 304


def test_it_is_made_once_for_each_state_of_the_log(get, numbers):
    first = get("")[2]
    numbers.made["refusals"] = {"new-rule": 1}
    assert get("")[2] == first
    numbers.made["entries"] = 8
    assert "new-rule" in get("")[2]


def test_nothing_on_the_page_may_run(get):
    policy = get("")[1]["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy


def test_bars_stand_on_each_other_and_fill_the_scale():
    rows = [a_row(searches=6), a_row(purpose="zoo", searches=4)]
    drawn = by_month(rows, ["door", "zoo"], "searches")
    bars = re.findall(
        r'class="c\d" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', drawn
    )
    (low_y, low_h), (high_y, high_h) = [(float(y), float(h)) for y, h in bars]
    assert low_h / high_h == pytest.approx(1.5, abs=0.01)
    assert low_y == pytest.approx(high_y + high_h, abs=0.11)
    assert "door: 6" in drawn


@pytest.mark.parametrize("most", [0, 1, 3, 7, 10, 99, 101, 12_345_678])
def test_any_number_of_calls_has_a_scale(most):
    assert "<svg" in by_month([a_row(searches=most)], ["door"], "searches")


def test_a_rate_without_an_error_has_an_interval_and_no_line():
    none = {"errors": 0, "trials": 300, "rate": 0.0, "low": 0.0, "high": 0.01}
    assert "c0" not in rate_bar(none)
    assert "c0" in rate_bar(none | {"errors": 3, "rate": 0.01, "low": 0.003, "high": 0.03})


def test_rates_are_said_as_people_read_them():
    told = [share(rate) for rate in (None, 0, 0.0002, 0.0012, 0.5)]
    assert told == ["not measured", "0", "1 in 5,000", "0.12%", "50.0%"]


def test_a_feed_without_a_checkpoint_is_a_feed():
    assert ET.fromstring(feed([], KEYS)).tag.endswith("feed")


def test_a_bar_stands_over_its_month():
    for count in (1, 3, 12):
        months = [
            {"month": f"2026-{no:02}", "purpose": "door", "n": 1} for no in range(1, 1 + count)
        ]
        chart = by_month(months, ["door"], "n")
        bars = re.findall(r'<rect class="c0" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', chart)
        labels = re.findall(r'class="mid" x="([\d.]+)"', chart)
        assert len(bars) == len(labels) == count
        for (left, width), label in zip(bars, labels, strict=True):
            assert abs(float(left) + float(width) / 2 - float(label)) < 0.2
