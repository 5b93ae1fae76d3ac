"""The live page: in by a ticket, out with the right to see."""

import re
import threading
import time

import pytest
import urllib3
from starlette.applications import Starlette

from beholden.console.live import DARK, LivePage
from beholden.domain.errors import AccessDenied
from beholden.gate.tickets import Tickets
from beholden.streams.feed import Audience
from beholden.streams.screen import Shown
from tests.serving import serving

pytestmark = pytest.mark.slow

WATCHED = {
    "Name": "watch",
    "Camera": "front-door",
    "Place": "<b>main</b> entrance",
    "Operator": "Hill School",
    "Purpose": "door",
}


class Bench:
    def __init__(self):
        self.tickets, self.audience, self.refused = Tickets(), Audience(5), None
        self.dropped = 0
        self.page = LivePage(self.tickets, self.audience, self.still, lambda _: self.dropped)

    def still(self, watched):
        if self.refused:
            raise AccessDenied(self.refused)

    def get(self, path, cookie=None, method="GET", **options):
        headers = {"Cookie": cookie} if cookie else {}
        url = f"{self.url}{path}"
        return urllib3.request(method, url, headers=headers, redirect=False, **options)

    def show(self, picture, told):
        """To whoever watches, once somebody does."""
        deadline = time.monotonic() + 10
        while not self.audience.there("watch"):
            assert time.monotonic() < deadline
            threading.Event().wait(0.01)
        self.audience.show("watch", Shown(picture, told))

    def enter(self):
        """The cookie that a ticket gives."""
        answer = self.get(f"/streams/watch/live?ticket={self.tickets.issue(WATCHED)}")
        assert answer.status == 303
        assert answer.headers["Location"] == "/streams/watch/live"
        cookie = answer.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=strict", "Path=/streams/watch/live"} < set(cookie.split("; "))
        return cookie.split(";")[0]


@pytest.fixture
def bench():
    made = Bench()
    with serving(Starlette(routes=made.page.routes())) as url:
        made.url = url
        yield made


def test_a_ticket_opens_the_page_once_and_the_cookie_opens_it_again(bench):
    ticket = bench.tickets.issue(WATCHED)
    path = f"/streams/watch/live?ticket={ticket}"
    assert bench.get(path, method="HEAD").status == 200
    assert bench.get(path).status == 303
    assert bench.get(path).status == 403
    cookie = bench.enter()
    page = bench.get("/streams/watch/live", cookie)
    assert page.status == 200
    text = page.data.decode()
    assert "&lt;b&gt;main&lt;/b&gt; entrance" in text
    policy = page.headers["Content-Security-Policy"]
    (nonce,) = set(re.findall("'nonce-([^']+)'", policy))
    assert text.count(f'nonce="{nonce}"') == text.count("<script") + text.count("<style") == 2
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for answer in (page, bench.get(path)):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert nonce not in bench.get("/streams/watch/live", cookie).data.decode()


@pytest.mark.parametrize("path", ["", "/pictures", "/told"])
def test_nobody_else_comes_in(bench, path):
    cookie = bench.enter()
    for refused in (
        bench.get(f"/streams/watch/live{path}"),
        bench.get(f"/streams/watch/live{path}", "beholden-visit=x"),
        bench.get(f"/streams/other/live{path}", cookie),
    ):
        assert refused.status == 403
        assert "beholden streams view" in refused.data.decode()


def test_a_ticket_for_another_processor_is_used_up_in_vain(bench):
    ticket = bench.tickets.issue(WATCHED)
    assert bench.get(f"/streams/other/live?ticket={ticket}").status == 403
    assert bench.get(f"/streams/watch/live?ticket={ticket}").status == 403


def test_pictures_go_dark_and_the_visit_is_over_when_the_right_ends(bench):
    cookie = bench.enter()
    answer = bench.get("/streams/watch/live/pictures", cookie, preload_content=False)
    assert answer.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=picture"
    stream = answer.stream(None)
    began = next(stream)
    bench.show(b"a picture", b"{}")
    while b"a picture" not in began:
        began += next(stream)
    assert began.endswith(b"a picture\r\n--picture\r\n")
    bench.refused = "live-basis: it was revoked"
    rest = b"".join(stream)
    assert rest.count(b"image/jpeg") == 1
    assert DARK in rest
    bench.refused = None
    assert bench.get("/streams/watch/live", cookie).status == 403


def test_events_tell_who_is_there_and_why_it_ended(bench):
    cookie = bench.enter()
    stream = bench.get("/streams/watch/live/told", cookie, preload_content=False).stream(None)
    bench.show(b"", b'{"People": []}')
    assert next(stream) == b'event: look\ndata: {"People": []}\n\n'
    bench.refused, bench.dropped = "live-basis: it was revoked", 7
    bench.show(b"", b"{}")
    rest = b"".join(stream)
    assert rest.count(b"event: dropped\ndata: 7\n\n") == 1
    assert rest.endswith(b"event: end\ndata: live-basis: it was revoked\n\n")


def test_a_page_that_is_loaded_after_the_end_is_refused(bench):
    cookie = bench.enter()
    bench.refused = "The session of this stream processor has ended."
    answer = bench.get("/streams/watch/live", cookie)
    assert answer.status == 403
    assert "has ended" in answer.data.decode()
