"""A profile is chosen once; every operation is known to the policies."""

import pytest

from beholden.bootstrap import open_deployment
from beholden.config import Settings
from beholden.domain.errors import AccessDenied, OperatorError
from beholden.gate.registry import REGISTRY


def test_a_profile_is_not_relaxed_by_a_start_option(house, tmp_path):
    house("public-authority").deployment.close()
    with pytest.raises(OperatorError, match="public-authority, and keeps it"):
        open_deployment(Settings(data_dir=tmp_path / "public-authority", profile="personal"))


@pytest.mark.parametrize("profile", ["personal", "organisation", "public-authority"])
def test_the_public_may_do_nothing_at_all(house, profile):
    public = house(profile).as_("public")
    with pytest.raises(AccessDenied, match="no policy permits"):
        public("ListCollections")


def test_every_operation_is_in_the_schema():
    from importlib.resources import files

    schema = (files("beholden") / "policies/beholden.cedarschema").read_text()
    missing = [name for name in REGISTRY if f'"{name}"' not in schema and f" {name}" not in schema]
    assert missing == []
