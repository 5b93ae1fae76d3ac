"""One environment for all pages: nothing is left blank, nothing gets through unescaped."""

import pytest
from jinja2 import UndefinedError

from beholden import pages


def test_what_is_filled_in_is_escaped_and_passes_the_filters():
    filled = pages.environment("beholden.cli", twice=lambda text: text * 2)
    assert filled.from_string("{{ name | twice }}").render(name="<b>") == "&lt;b&gt;&lt;b&gt;"
    assert "video.html" in filled.list_templates()


def test_a_name_that_nobody_filled_in_is_an_error():
    with pytest.raises(UndefinedError):
        pages.environment("beholden.cli").from_string("{{ name }}").render()
