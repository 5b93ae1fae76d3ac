import dataclasses
import hmac
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from beholden.domain.access import Principal
from beholden.domain.errors import (
    IncompleteSignature,
    InvalidSignature,
    MissingAuthentication,
    UnknownKey,
)
from beholden.wire.sigv4 import (
    HttpRequest,
    Verifier,
    canonical_request,
    signing_key,
    string_to_sign,
)

from .conftest import DISABLED, ENABLED, SECRET, find_key, signed

# The public AWS SigV4 test suite: one request each, all signed by AKIDEXAMPLE at one moment.
SUITE = [
    ("GET", "/", "", {}, b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("POST", "/", "", {}, b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    (
        *("GET", "/", "Param2=value2&Param1=value1", {}, b""),
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    (
        *("GET", "/", "", {"my-header1": "value1", "my-header2": '"a   b   c"'}, b""),
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    (
        *("GET", "/", "", {"my-header1": "value2,value2,value1"}, b""),
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    (
        *("GET", "/\xe1\x88\xb4", "", {}, b""),
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
    ),
    (
        *("GET", "/", "%E1%88%B4=bar", {}, b""),
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    ),
    (
        *("GET", "/example space/", "", {}, b""),
        "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
    ),
    (
        *("GET", "/example/..", "", {}, b""),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    (
        *("GET", "//example//", "", {}, b""),
        "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
    ),
    (
        *("POST", "/", "", {"content-type": "application/x-www-form-urlencoded"}),
        *(b"Param1=value1", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
    ),
]


@pytest.mark.parametrize(("method", "path", "query", "headers", "body", "expected"), SUITE)
def test_agrees_with_the_public_test_suite(method, path, query, headers, body, expected):
    scope = ("20150830", "us-east-1", "service", "aws4_request")
    headers = {"host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z", **headers}
    request = HttpRequest(method, path, query, headers, body)
    text = string_to_sign(
        canonical_request(request, tuple(sorted(headers))),
        datetime(2015, 8, 30, 12, 36, tzinfo=UTC),
        scope,
    )
    assert hmac.digest(signing_key(SECRET, scope), text.encode(), "sha256").hex() == expected


@pytest.fixture
def verify(clock):
    return Verifier(find_key, clock).verify


def altered(request, **headers):
    """The request with headers replaced, or removed where None."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in request.headers.items() if name not in names}
    new = {name: value for name, value in names.items() if value is not None}
    return dataclasses.replace(request, headers=kept | new)


@pytest.mark.parametrize("query", ["", "?b=2&a=1%2F&c"])
@pytest.mark.parametrize("region", ["eu-west-1", "nowhere-7"])
def test_botocores_own_signature_names_the_principal(verify, region, query):
    principal = verify(signed({"MaxResults": 5}, region=region, query=query))
    assert principal == Principal("ann", "operator", "testing", ENABLED.key_id)


def test_a_date_header_does_instead_of_x_amz_date(verify, clock):
    request = signed(headers={"Date": format_datetime(clock.now(), usegmt=True)})
    assert "x-amz-date" not in request.headers
    assert verify(request).name == "ann"


@pytest.mark.parametrize(
    "tampered",
    [
        lambda request: dataclasses.replace(request, body=b"{ }"),
        lambda request: dataclasses.replace(request, query="a=1"),
        lambda request: dataclasses.replace(request, path="/other"),
        lambda request: dataclasses.replace(request, method="PUT"),
        lambda request: altered(request, host="elsewhere:8600"),
        lambda request: altered(request, x_amz_target="RekognitionService.SearchFaces"),
        lambda request: altered(request, authorization=request.headers["authorization"][:-1] + "~"),
        lambda request: altered(request, authorization=request.headers["authorization"] + "0"),
    ],
    ids=["body", "query", "path", "method", "host", "target", "digit", "longer"],
)
def test_whatever_is_tampered_with_no_longer_matches(verify, tampered):
    with pytest.raises(InvalidSignature, match="we calculated does not match"):
        verify(tampered(signed()))


def test_another_secret_does_not_match(verify):
    with pytest.raises(InvalidSignature, match="we calculated does not match"):
        verify(signed(secret="another"))


@pytest.mark.parametrize(
    "request_",
    [
        signed(key_id="AKIANOBODY0000000001"),
        signed(key_id=DISABLED.key_id),
        signed(key_id=DISABLED.key_id, secret="another"),
        signed(token="a session"),
    ],
    ids=["unknown", "disabled", "disabled, wrong secret", "session token"],
)
def test_keys_that_do_not_count_are_refused_in_the_same_words(verify, request_):
    with pytest.raises(UnknownKey) as refusal:
        verify(request_)
    assert refusal.value.code == "UnrecognizedClientException"
    assert str(refusal.value) == "The security token included in the request is invalid."


def test_a_key_disabled_between_two_calls_stops_working_at_once(clock):
    keys = {ENABLED.key_id: (ENABLED, SECRET)}
    verifier = Verifier(keys.get, clock)
    verifier.verify(signed())
    keys[ENABLED.key_id] = (dataclasses.replace(ENABLED, disabled_at=clock.now()), SECRET)
    with pytest.raises(UnknownKey):
        verifier.verify(signed())


@pytest.mark.parametrize(
    ("late", "message"),
    [
        (timedelta(minutes=15, seconds=2), r"Signature expired: \w+ is now earlier than \w+ \("),
        (-timedelta(minutes=15, seconds=2), r"Signature not yet current: \w+ is still later than"),
    ],
)
def test_a_clock_more_than_fifteen_minutes_off_is_refused(verify, clock, late, message):
    clock.advance(late)
    with pytest.raises(InvalidSignature, match=message):
        verify(signed())


@pytest.mark.parametrize("late", [timedelta(minutes=14, seconds=55), -timedelta(minutes=14)])
def test_a_clock_less_than_fifteen_minutes_off_is_not(verify, clock, late):
    clock.advance(late)
    assert verify(signed()).name == "ann"


def test_unsigned(verify):
    with pytest.raises(MissingAuthentication, match="Missing Authentication Token"):
        verify(altered(signed(), authorization=None))


def test_a_presigned_query_is_not_a_signature_here(verify):
    presigned = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00"
    with pytest.raises(MissingAuthentication):
        verify(dataclasses.replace(altered(signed(), authorization=None), query=presigned))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "Unsupported AWS 'algorithm'"),
        ("Basic abc", "Unsupported AWS 'algorithm': 'Basic'"),
        ("AWS4-ECDSA-P256-SHA256 Credential=a", "Unsupported AWS 'algorithm'"),
        ("AWS4-HMAC-SHA256", "requires 'Credential' parameter. .* requires 'Signature'"),
        ("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, Signature=00", "requires 'SignedHeaders'"),
        (
            "AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=00",
            "exactly 5 slash-delimited elements, .* got 'a/b/c/d'",
        ),
    ],
)
def test_an_incomplete_header_says_what_is_missing(verify, header, message):
    with pytest.raises(IncompleteSignature, match=message):
        verify(altered(signed(), authorization=header))


@pytest.mark.parametrize(
    ("date", "message"),
    [
        (None, "requires existence of either a 'X-Amz-Date' or a 'Date' header"),
        ("yesterday", "ISO-8601 'basic format'. Got 'yesterday'"),
        ("2024-01-01T00:00:00Z", "ISO-8601 'basic format'"),
        ("2024011T000000Z", "ISO-8601 'basic format'"),
        ("Mon, 99 Jan 2024 00:00:00 GMT", "ISO-8601 'basic format'"),
    ],
)
def test_a_date_that_is_none(verify, date, message):
    with pytest.raises(IncompleteSignature, match=message):
        verify(altered(signed(), x_amz_date=date))


@pytest.mark.parametrize("name", ["host", "x-amz-target", "x-amz-date"])
def test_what_matters_must_be_signed(verify, name):
    request = signed()
    authorization = request.headers["authorization"]
    shorter = authorization.replace(f";{name}", "").replace(f"{name};", "")
    assert shorter != authorization
    with pytest.raises(InvalidSignature, match=f"(?i){name}.* must be a 'SignedHeader'"):
        verify(altered(request, authorization=shorter))


def test_an_unsigned_header_cannot_be_smuggled_in(verify):
    with pytest.raises(InvalidSignature, match="'x-amz-extra' must be a 'SignedHeader'"):
        verify(altered(signed(), x_amz_extra="1"))


def test_the_scope_is_of_this_service_and_this_day(verify, clock):
    with pytest.raises(InvalidSignature, match="scoped to correct service: 'rekognition'"):
        verify(signed(service="s3"))
    request = signed()
    day = f"/{clock.now():%Y%m%d}/"
    authorization = request.headers["authorization"].replace(day, "/20200101/")
    with pytest.raises(InvalidSignature, match="Date in Credential scope does not match"):
        verify(altered(request, authorization=authorization))
    authorization = request.headers["authorization"].replace("aws4_request", "aws5_request")
    with pytest.raises(InvalidSignature, match="valid terminator"):
        verify(altered(request, authorization=authorization))
    authorization = request.headers["authorization"].replace("/eu-west-1/", "//")
    with pytest.raises(InvalidSignature, match="valid region"):
        verify(altered(request, authorization=authorization))


def test_bytes_beyond_ascii_are_refused_not_stumbled_over(verify):
    authorization = signed().headers["authorization"]
    with pytest.raises(InvalidSignature):
        verify(altered(signed(), authorization=authorization[:-2] + "\xff\xfe"))
    with pytest.raises(UnknownKey):
        verify(altered(signed(), authorization=authorization.replace("AKIA", "\xffKIA")))
