"""The log that names nobody, entry for entry."""

import pytest

from beholden.domain.errors import AuditUnavailable
from beholden.engines.audit.layout import tile_path
from beholden.engines.audit.published import PublishedFolder

ENTRIES = [b'{"n":0}', b'{"n":1}', b'{"n":2}']


def test_what_was_durable_when_publishing_failed_is_not_added_again(tmp_path):
    published = PublishedFolder(tmp_path / "log", tmp_path / "key", "log.example.org/public")
    in_the_way = (tmp_path / "log" / tile_path(0, 0, 1)).parent
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    in_the_way.touch()
    with pytest.raises(AuditUnavailable):
        published.extend(0, ENTRIES)
    in_the_way.unlink()
    assert not published.extend(0, ENTRIES)
    assert published.extend(3, [b'{"n":3}'])
    assert [entry for _, entry in published.entries(0)] == [*ENTRIES, b'{"n":3}']
