"""AWS Signature Version 4, the verifying side: who signed this request, byte for byte?

The steps of `Verifier.verify` are numbered and in AWS's own order, so that a client that gets two
things wrong hears of the same one first.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote

from beholden.domain.access import Principal
from beholden.domain.errors import (
    ExpiredToken,
    IncompleteSignature,
    InvalidSignature,
    MissingAuthentication,
    UnknownKey,
)
from beholden.domain.key import AccessKey
from beholden.ports.clock import Clock
from beholden.wire.replays import SKEW, Replays

FindKey = Callable[[str], tuple[AccessKey, str] | None]

_ALGORITHM = "AWS4-HMAC-SHA256"
_TERMINATOR = "aws4_request"
_ISO_BASIC = "%Y%m%dT%H%M%SZ"
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)
# As long as a real secret, and as secret as none: what it signs is refused whatever comes out.
_NOBODYS_SECRET = "0" * 40


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came in. Header names are lower-case, values of one name joined by ",";
    text is bytes read as Latin-1, so that what is hashed is what was sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Authorization:
    """The parts of an Authorization header: whose key, in which scope, over which headers."""

    key_id: str
    scope: tuple[str, str, str, str]
    signed_headers: tuple[str, ...]
    signature: str


class Verifier:
    """Tells the principal behind a request, or refuses it with AWS's own error.

    `find_key` is asked every time and nothing is cached: a disabled key stops working at once.
    Without `replays` a signature is valid for its 15 minutes however often it comes.
    """

    def __init__(self, find_key: FindKey, clock: Clock, replays: Replays | None = None) -> None:
        self._find_key = find_key
        self._clock = clock
        self._replays = replays

    def verify(self, request: HttpRequest, service: str = "rekognition") -> Principal:
        """Raises MissingAuthentication, IncompleteSignature, InvalidSignature, UnknownKey or
        ExpiredToken; Throttled where too many signatures must be remembered."""
        # 1. There is an Authorization header (presigned queries are not for this protocol).
        header = request.headers.get("authorization")
        if header is None:
            raise MissingAuthentication
        # 2. It has all its parts, and there is a date.
        authorization = _authorization(header)
        signed_at = _signed_at(request.headers, header)
        # 3. The date is within 15 minutes of ours.
        self._check_skew(signed_at)
        # 4. What says where the request goes and what it does is signed.
        _check_signed_headers(request.headers, authorization.signed_headers)
        # 5. The scope is that of this day and this service; any region is served.
        _check_scope(authorization.scope, signed_at, service)
        # 6. Key, session token and signature. A key that is unknown or disabled, or comes with a
        #    token that is not its own, does the same work over a secret that nobody has.
        found = self._find_key(authorization.key_id)
        token = request.headers.get("x-amz-security-token")
        known = found is not None and found[0].disabled_at is None and found[0].comes_with(token)
        secret = found[1] if found is not None and known else _NOBODYS_SECRET
        genuine = _is_genuine(request, authorization, signed_at, secret)
        if found is None or not known:
            raise UnknownKey
        if not genuine:
            raise InvalidSignature(_MISMATCH)
        # 7. That a session has expired is said to nobody but its holder.
        if found[0].expired(self._clock.now()):
            raise ExpiredToken
        # 8. The request is not one that came before.
        if self._replays is not None:
            self._replays.check(authorization.signature, signed_at)
        return found[0].principal

    def _check_skew(self, signed_at: datetime) -> None:
        now = self._clock.now()
        if signed_at < now - SKEW:
            early = f"{_iso(signed_at)} is now earlier than {_iso(now - SKEW)}"
            raise InvalidSignature(f"Signature expired: {early} ({_iso(now)} - 15 min.)")
        if signed_at > now + SKEW:
            late = f"{_iso(signed_at)} is still later than {_iso(now + SKEW)}"
            raise InvalidSignature(f"Signature not yet current: {late} ({_iso(now)} + 15 min.)")


def _authorization(header: str) -> Authorization:
    algorithm, _, rest = header.partition(" ")
    if algorithm != _ALGORITHM:
        raise IncompleteSignature(
            f"Unsupported AWS 'algorithm': '{algorithm}' (only {_ALGORITHM} for now). "
        )
    parts = dict(_pair(part) for part in rest.split(","))
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parts.get(name)]
    if missing:
        needed = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        raise IncompleteSignature(f"{needed} Authorization={header}")
    key_id, *scope = parts["Credential"].split("/")
    if len(scope) != 4:
        raise IncompleteSignature(
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{parts['Credential']}'"
        )
    date, region, service, terminator = scope
    names = tuple(parts["SignedHeaders"].split(";"))
    return Authorization(key_id, (date, region, service, terminator), names, parts["Signature"])


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.strip().partition("=")
    return name, value


def _signed_at(headers: Mapping[str, str], authorization: str) -> datetime:
    text = headers.get("x-amz-date") or headers.get("date")
    if not text:
        raise IncompleteSignature(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
            f"Authorization={authorization}"
        )
    try:
        return _parsed_date(text)
    except (ValueError, OverflowError):
        raise IncompleteSignature(
            f"Date must be in ISO-8601 'basic format'. Got '{text}'. "
            "See http://en.wikipedia.org/wiki/ISO_8601"
        ) from None


def _parsed_date(text: str) -> datetime:
    """ISO 8601 basic, or the format of HTTP's own Date header."""
    if "," in text:
        return parsedate_to_datetime(text).astimezone(UTC)
    moment = datetime.fromisoformat(text)
    if _iso(moment) != text:  # one of the many other formats of ISO 8601
        raise ValueError(text)
    return moment


def _check_signed_headers(headers: Mapping[str, str], signed: tuple[str, ...]) -> None:
    if "host" not in signed:
        raise InvalidSignature(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        )
    unsigned = [name for name in headers if name.startswith("x-amz-") and name not in signed]
    if unsigned:
        raise InvalidSignature(
            f"'{unsigned[0]}' must be a 'SignedHeader' in the AWS Authorization."
        )


def _check_scope(scope: tuple[str, str, str, str], signed_at: datetime, wanted: str) -> None:
    date, region, service, terminator = scope
    stamp = _iso(signed_at)
    wrong = {
        "Credential should be scoped to a valid region.": not region,
        f"Credential should be scoped to correct service: '{wanted}'.": service != wanted,
        f"Credential should be scoped with a valid terminator: '{_TERMINATOR}', not "
        f"'{terminator}'.": terminator != _TERMINATOR,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        f"'{date}' != '{stamp[:8]}', from '{stamp}'.": date != stamp[:8],
    }
    if any(wrong.values()):
        raise InvalidSignature(" ".join(text for text, is_wrong in wrong.items() if is_wrong))


def _is_genuine(
    request: HttpRequest, authorization: Authorization, signed_at: datetime, secret: str
) -> bool:
    canonical = canonical_request(request, authorization.signed_headers)
    text = string_to_sign(canonical, signed_at, authorization.scope)
    expected = hmac.new(signing_key(secret, authorization.scope), text.encode(), "sha256")
    given = authorization.signature.encode("latin-1")
    return hmac.compare_digest(expected.hexdigest().encode(), given)


def canonical_request(request: HttpRequest, signed_headers: tuple[str, ...]) -> bytes:
    """The request in the one spelling that both sides hash."""
    lines = [f"{name}:{_trimmed(request.headers.get(name, ''))}" for name in signed_headers]
    parts = (
        request.method,
        _canonical_path(request.path),
        _canonical_query(request.query),
        *lines,
        "",
        ";".join(signed_headers),
        hashlib.sha256(request.body).hexdigest(),
    )
    return "\n".join(parts).encode("latin-1")


def string_to_sign(canonical: bytes, signed_at: datetime, scope: tuple[str, str, str, str]) -> str:
    """What the signing key signs: algorithm, time, scope and the hash of the canonical request."""
    digest = hashlib.sha256(canonical).hexdigest()
    return "\n".join((_ALGORITHM, _iso(signed_at), "/".join(scope), digest))


def signing_key(secret: str, scope: tuple[str, str, str, str]) -> bytes:
    """The key derived from the secret for one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode("latin-1"), "sha256")
    return key


def _canonical_path(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    end = "/" if kept and path.endswith("/") else ""
    return quote("/" + "/".join(kept) + end, safe="/~", encoding="latin-1")


def _canonical_query(query: str) -> str:
    pairs = (part.partition("=") for part in query.split("&") if part)
    return "&".join(sorted(f"{_requoted(name)}={_requoted(value)}" for name, _, value in pairs))


def _requoted(text: str) -> str:
    return quote(unquote(text, encoding="latin-1"), safe="~", encoding="latin-1")


def _trimmed(value: str) -> str:
    return " ".join(value.split())


def _iso(moment: datetime) -> str:
    return moment.strftime(_ISO_BASIC)
