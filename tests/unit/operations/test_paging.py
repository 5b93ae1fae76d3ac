"""Page tokens: signed, bound to their list, good for a day."""

import pytest

from beholden.domain.errors import InvalidPaginationToken
from beholden.operations._paging import LIVES_S, PageTokens


def test_a_token_leads_on_where_it_came_from():
    tokens = PageTokens(b"k" * 32)
    token = tokens.issue("faces:1", 2**40)
    assert tokens.position("faces:1", token) == 2**40
    assert tokens.position("faces:1", None) == 0
    assert len(token) < 255


@pytest.mark.parametrize(
    "spoil", [lambda t: t + "==", lambda t: t[:-4], lambda t: t.swapcase(), str.upper]
)
def test_any_other_token_is_refused(spoil):
    tokens = PageTokens(b"k" * 32)
    with pytest.raises(InvalidPaginationToken):
        tokens.position("faces:1", spoil(tokens.issue("faces:1", 7)))


def test_another_list_another_deployment_another_day():
    moment = [1e9]
    tokens = PageTokens(b"k" * 32, lambda: moment[0])
    token = tokens.issue("faces:1", 7)
    for reader, scope in ((tokens, "faces:2"), (PageTokens(b"j" * 32, tokens.now), "faces:1")):
        with pytest.raises(InvalidPaginationToken):
            reader.position(scope, token)
    moment[0] += LIVES_S
    assert tokens.position("faces:1", token) == 7
    moment[0] += 1
    with pytest.raises(InvalidPaginationToken):
        tokens.position("faces:1", token)
