"""Rule 7: a gallery is bound to purposes; use under another is refused and logged."""

import pytest

from beholden.domain.errors import AccessDenied


def test_another_purpose_is_refused_until_the_gallery_is_bound_to_it(house, portrait):
    home = house()
    door, marketing = home.as_("operator", "door"), home.as_("operator", "marketing")
    door("CreateCollection", CollectionId="staff")
    door("IndexFaces", CollectionId="staff", Image=portrait)
    with pytest.raises(AccessDenied, match=r"gallery-purpose.*collections bind"):
        marketing("SearchFacesByImage", CollectionId="staff", Image=portrait)
    assert home.last("SearchFacesByImage")["kind"] == "refusal"
    admin = home.as_("admin", "development")
    admin("beholden:BindCollection", CollectionId="staff", Purpose="marketing")
    assert marketing("SearchFacesByImage", CollectionId="staff", Image=portrait)["FaceMatches"]
    admin("beholden:UnbindCollection", CollectionId="staff", Purpose="marketing")
    with pytest.raises(AccessDenied, match="gallery-purpose"):
        marketing("ListFaces", CollectionId="staff")


def test_only_an_administrator_binds(house):
    home = house()
    operator = home.as_("operator", "marketing")
    home.as_("operator", "door")("CreateCollection", CollectionId="staff")
    with pytest.raises(AccessDenied):
        operator("beholden:BindCollection", CollectionId="staff", Purpose="marketing")


def test_an_administrator_sees_that_a_gallery_exists_but_nobody_in_it(house):
    home = house()
    home.as_("operator", "door")("CreateCollection", CollectionId="staff")
    admin = home.as_("admin", "development")
    assert admin("DescribeCollection", CollectionId="staff")["FaceCount"] == 0
    with pytest.raises(AccessDenied, match="gallery-purpose"):
        admin("ListFaces", CollectionId="staff")


def test_a_gallery_made_again_under_the_same_name_has_lost_its_bindings(house, portrait):
    home = house()
    home.as_("operator", "door")("CreateCollection", CollectionId="staff")
    home.as_("operator", "door")("DeleteCollection", CollectionId="staff")
    home.as_("operator", "gate")("CreateCollection", CollectionId="staff")
    with pytest.raises(AccessDenied, match="gallery-purpose"):
        home.as_("operator", "door")("IndexFaces", CollectionId="staff", Image=portrait)


def test_a_gallery_of_another_purpose_is_not_listed_but_to_who_oversees(house):
    home = house()
    home.as_("operator", "door")("CreateCollection", CollectionId="staff")
    home.as_("operator", "shop")("CreateCollection", CollectionId="thieves")
    for role, purpose, seen in (
        ("operator", "door", ["staff"]),
        ("reviewer", "shop", ["thieves"]),
        ("auditor", "door", ["staff", "thieves"]),
        ("admin", "rules", ["staff", "thieves"]),
    ):
        assert home.as_(role, purpose)("ListCollections")["CollectionIds"] == seen
