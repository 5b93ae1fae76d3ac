import pytest

from beholden import private
from beholden.credentials import default_profile, write_credentials
from beholden.domain.errors import OperatorError


def test_a_file_that_others_could_read_is_the_owners_afterwards(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("old")
    page.chmod(0o644)
    private.write(page, "new")
    assert page.read_text() == "new"
    assert page.stat().st_mode & 0o777 == 0o600


def test_where_nothing_can_be_written_the_path_is_said(tmp_path):
    with pytest.raises(OperatorError, match="nowhere"):
        private.write(tmp_path / "nowhere" / "page.html", b"")


def test_a_key_is_read_as_it_was_written(tmp_path):
    write_credentials(tmp_path / "mine", "AKIA", "secret")
    told = default_profile(tmp_path / "mine")
    assert dict(told) == {"aws_access_key_id": "AKIA", "aws_secret_access_key": "secret"}
