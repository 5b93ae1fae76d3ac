import pytest

from beholden.domain.errors import ValidationFailed
from beholden.wire.validate import validate

FACE = "00000000-0000-0000-0000-000000000000"


def refusal(operation, request):
    with pytest.raises(ValidationFailed) as refused:
        validate(operation, request)
    assert refused.value.code == "ValidationException"
    return str(refused.value)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("CreateCollection", {"CollectionId": "a" * 255, "Tags": {"Größe": "größer @home"}}),
        ("DetectFaces", {"Image": {"Bytes": b"x" * 5_242_880}, "Attributes": ["ALL"]}),
        ("DeleteFaces", {"CollectionId": "a", "FaceIds": [FACE] * 4096}),
        ("ListCollections", {}),
    ],
)
def test_what_the_model_allows_passes(operation, request_):
    validate(operation, request_)


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "CreateCollection",
            {"CollectionId": "x y"},
            "1 validation error detected: Value 'x y' at 'collectionId' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.\-]+",
        ),
        (
            "CreateCollection",
            {},
            "1 validation error detected: Value null at 'collectionId' failed to satisfy "
            "constraint: Member must not be null",
        ),
        (
            "DetectFaces",
            {"Image": {"Bytes": b"x" * 7_843_602}},
            "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=7843602 "
            "cap=7843602]' at 'image.bytes' failed to satisfy constraint: "
            "Member must have length less than or equal to 5242880",
        ),
        (
            "SearchFaces",
            {"CollectionId": "a", "FaceId": FACE, "FaceMatchThreshold": 100.5, "MaxFaces": 0},
            "2 validation errors detected: Value '100.5' at 'faceMatchThreshold' failed to satisfy "
            "constraint: Member must have value less than or equal to 100; Value '0' at 'maxFaces' "
            "failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            "DeleteFaces",
            {"CollectionId": "a", "FaceIds": []},
            "1 validation error detected: Value '[]' at 'faceIds' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            "CompareFaces",
            {"SourceImage": {}, "TargetImage": {}, "QualityFilter": "BEST"},
            "1 validation error detected: Value 'BEST' at 'qualityFilter' failed to satisfy "
            "constraint: Member must satisfy enum value set: [NONE, AUTO, LOW, MEDIUM, HIGH]",
        ),
    ],
)
def test_what_it_does_not_allow_is_refused_in_awss_words(operation, request_, message):
    assert refusal(operation, request_) == message


def test_scalars_in_a_list_are_reported_on_the_list():
    message = refusal("DetectFaces", {"Image": {}, "Attributes": ["ALL", "HAT"]})
    start = "1 validation error detected: Value '[ALL, HAT]' at 'attributes' failed to satisfy "
    assert message.startswith(
        f"{start}constraint: Member must satisfy constraint: [Member must satisfy enum value set: ["
    )


def test_structures_in_a_list_are_reported_by_number():
    challenges = [{"Type": "FaceMovementChallenge"}, {"Type": "Dance"}]
    message = refusal(
        "CreateFaceLivenessSession",
        {"Settings": {"ChallengePreferences": challenges}},
    )
    assert "Value 'Dance' at 'settings.challengePreferences.2.member.type' failed" in message


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"aws:mine": "x"}, "Map keys must satisfy constraint: ["),
        ({"key": "x" * 257}, "Map value must satisfy constraint: ["),
        ({str(number): "x" for number in range(201)}, "length less than or equal to 200"),
    ],
)
def test_maps_are_reported_as_a_whole(tags, message):
    assert message in refusal("CreateCollection", {"CollectionId": "a", "Tags": tags})


def test_what_is_shown_stays_short():
    assert len(refusal("CreateCollection", {"CollectionId": "x" * 1_000_000})) < 2000
    many = {"CollectionId": "a", "FaceIds": ["x" * 1000] * 4096}
    assert len(refusal("DeleteFaces", many)) < 2000


def test_a_pattern_with_quadratic_time_is_not_tried_on_a_long_string():
    arn = "arn:aws:sns:" + ":aaaaaaaaaaaa:" * 1_000_000 + "\n"
    channel = {"SNSTopicArn": arn, "RoleArn": "arn:aws:iam::123456789012:role/r"}
    message = refusal("StartFaceDetection", {"Video": {}, "NotificationChannel": channel})
    assert "at 'notificationChannel.sNSTopicArn'" in message


def test_ten_at_most():
    request = {
        "ProjectArn": "arn:aws:rekognition:eu-west-1:123456789012:project/p/1",
        "VersionName": "v",
        "OutputConfig": {},
        "TestingData": {"Assets": [{"GroundTruthManifest": {"S3Object": {"Name": ""}}}] * 20},
    }
    message = refusal("CreateProjectVersion", request)
    assert message.startswith("10 validation errors detected: ")
    assert "'testingData.assets.10.member.groundTruthManifest.s3Object.name'" in message
