import botocore.session
import pytest

from beholden.wire.model import error_codes, input_shape, operations, output_shape


def shapes(shape):
    yield shape
    inner = [*shape.members.values(), *(each for each in (shape.item, shape.key) if each)]
    for member in inner:
        yield from shapes(member)


def test_all_operations_of_the_model_can_be_read():
    assert operations() == set(
        botocore.session.get_session().get_service_model("rekognition").operation_names
    )
    assert len(operations()) >= 75
    kinds = {
        shape.kind
        for name in operations()
        for whole in (input_shape(name), output_shape(name))
        for shape in shapes(whole)
    }
    assert kinds == {
        *("structure", "list", "map", "string", "blob", "boolean", "integer", "long", "float"),
        "timestamp",
    }


def test_constraints_are_in_awss_words():
    collection_id = input_shape("CreateCollection").members["CollectionId"]
    assert [constraint.text for constraint in collection_id.constraints] == [
        "Member must have length less than or equal to 255",
        "Member must have length greater than or equal to 1",
        r"Member must satisfy regular expression pattern: [a-zA-Z0-9_.\-]+",
    ]


def test_scalars_hold_no_elements():
    with pytest.raises(TypeError):
        _ = input_shape("CreateCollection").members["CollectionId"].element


def test_errors_declared():
    assert "ProvisionedThroughputExceededException" in error_codes()
