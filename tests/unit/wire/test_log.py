"""A log over HTTP: who may read what, and how long it may be kept."""

import gzip
import urllib.error
import urllib.request
from base64 import b64decode

import pytest
from starlette.applications import Starlette

from beholden.domain.errors import AccessDenied, MissingAuthentication
from beholden.engines.audit.cosign import cosigned_path
from beholden.engines.audit.keys import load_cosigner
from beholden.engines.audit.layout import unpack, write_durable
from beholden.engines.audit.merkle import is_consistent, leaf_hash
from beholden.engines.audit.note import Verifier
from beholden.engines.audit.proofs import check_inclusion
from beholden.engines.audit.remote import RemoteFolder
from beholden.engines.audit.served import ServedFolder
from beholden.engines.audit.tlog import TileLog
from beholden.engines.audit.verify import verify
from beholden.testing.audit import a_record
from beholden.wire.log import log_routes

from ...serving import serving


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    home = tmp_path_factory.mktemp("log")
    log = TileLog(home / "log", home / "key", "log.example.org")
    for number in range(5):
        log.append(a_record(f"call-{number}"))
        if number == 2:
            log.publish()
            (home / "old").write_text((home / "log/checkpoint").read_text())
    log.close()
    return home / "log"


@pytest.fixture(scope="module")
def url(folder):
    with serving(Starlette(routes=[log_routes("/log", ServedFolder(folder))])) as base:
        yield f"{base}/log"


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return answer.read(), dict(answer.headers)


def status(url):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(url)
    caught.value.close()
    return caught.value.code


def test_checkpoint_and_key(url, folder):
    note, headers = get(f"{url}/checkpoint")
    assert note == (folder / "checkpoint").read_bytes()
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["cache-control"] == "no-cache"
    assert get(f"{url}/log.vkey")[0] == (folder / "log.vkey").read_bytes()


def test_tiles_never_change(url, folder):
    tile, headers = get(f"{url}/tile/0/000.p/5")
    entries, _ = get(f"{url}/tile/entries/000.p/5")
    assert [tile[n : n + 32] for n in range(0, 160, 32)] == list(map(leaf_hash, unpack(entries)))
    assert headers["content-type"] == "application/octet-stream"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"


def test_entries_are_compressed_for_who_can_read_that(url):
    packed, headers = get(f"{url}/tile/entries/000.p/5", **{"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == get(f"{url}/tile/entries/000.p/5")[0]


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000",
        "tile/0/001",
        "tile/0/000.p/6",
        "tile/0/000.p/0",
        "tile/0/0",
        "tile/x/000",
        "tile/64/000",
        "tile/0/..%2f..%2fkey",
        "tile/entries/%2e%2e/%2e%2e/journal",
        "journal",
        "lock",
        "cosigned/00000000",
        "cosigned/..%2fcheckpoint",
        "",
    ],
)
def test_nothing_else_is_there(url, path):
    assert status(f"{url}/{path}") == 404


def test_a_proof_of_inclusion(url, folder):
    proof, _ = get(f"{url}/proof/inclusion?index=3")
    entry = unpack(get(f"{url}/tile/entries/000.p/5")[0])[3]
    key = Verifier.parse((folder / "log.vkey").read_text())
    assert check_inclusion(entry, proof.decode(), key).size == 5


def test_a_proof_of_consistency(url, folder):
    proof, _ = get(f"{url}/proof/consistency?from=3&to=5")
    key = Verifier.parse((folder / "log.vkey").read_text())
    old = key.open(folder.with_name("old").read_text())
    new = key.open((folder / "checkpoint").read_text())
    nodes = [b64decode(line) for line in proof.splitlines()]
    assert is_consistent(old.size, old.root, new.size, new.root, nodes)


@pytest.mark.parametrize(
    "question",
    [
        "inclusion",
        "inclusion?index=5",
        "inclusion?index=-1",
        "consistency?from=3",
        "consistency?from=5&to=3",
        "consistency?from=0&to=3",
        "consistency?from=3&to=6",
        "consistency?from=3&to=x",
    ],
)
def test_no_proof_of_what_is_not(url, question):
    assert status(f"{url}/proof/{question}") == 400


def test_it_verifies_from_afar(url, folder):
    key = Verifier.parse((folder / "log.vkey").read_text())
    saved = folder.with_name("old").read_text()
    assert verify(RemoteFolder(url), key, [saved]).sound


@pytest.mark.parametrize("error", [AccessDenied("ask an auditor"), MissingAuthentication()])
def test_entries_may_be_for_some_only(folder, error):
    def refuse(request, number, width):
        raise error

    with serving(Starlette(routes=[log_routes("/log", ServedFolder(folder), refuse)])) as base:
        assert status(f"{base}/log/tile/entries/000.p/5") == 403
        assert get(f"{base}/log/tile/0/000.p/5")[0]
        key = Verifier.parse((folder / "log.vkey").read_text())
        with pytest.raises(PermissionError):
            verify(RemoteFolder(f"{base}/log"), key)


def test_cosignatures_of_the_newest_checkpoint_are_shown_with_it(url, folder, tmp_path):
    cosigner = load_cosigner(tmp_path / "key", "witness.example.org")
    path = folder / cosigned_path(cosigner.public)
    note = (folder / "checkpoint").read_text()
    old = folder.with_name("old").read_text()
    write_durable(path, (old + cosigner.cosign(old, 1)).encode())
    assert get(f"{url}/checkpoint")[0].decode() == note
    assert get(f"{url}/{cosigned_path(cosigner.public)}")[0] == path.read_bytes()
    write_durable(path, (note + cosigner.cosign(note, 2)).encode())
    assert get(f"{url}/checkpoint")[0] == path.read_bytes()
