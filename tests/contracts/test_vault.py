import pytest

from beholden.domain.errors import ResourceNotFound, ServerError
from beholden.engines.vault.local import LocalVault
from beholden.testing.vault import FakeVault

NAMES = ["collections/1", "", "../../etc/passwd", "名前 with\nodd\0letters", "x" * 5000]


@pytest.fixture(params=["fake", "local"])
def vault(request, tmp_path):
    return FakeVault() if request.param == "fake" else LocalVault(tmp_path)


@pytest.fixture
def key(vault):
    vault.create("key")
    return "key"


@pytest.mark.parametrize("name", NAMES)
def test_any_name_will_do(vault, name):
    vault.create(name)
    assert vault.open(name, vault.seal(name, [b"text"], [b"c"]), [b"c"]) == [b"text"]


def test_what_is_sealed_opens_in_order(vault, key):
    texts = [b"", b"one", b"two" * 1000]
    contexts = [b"a", b"", b"c"]
    sealed = vault.seal(key, texts, contexts)
    assert vault.open(key, sealed, contexts) == texts
    assert vault.open(key, sealed[::-1], contexts[::-1]) == texts[::-1]
    assert vault.seal(key, [], []) == vault.open(key, [], []) == []


def test_sealed_text_hides_the_plaintext(vault, key):
    assert b"a face template" not in vault.seal(key, [b"a face template"], [b""])[0]


@pytest.mark.parametrize("at", [0, 12, 20, -1])
def test_an_altered_text_does_not_open(vault, key, at):
    sealed = bytearray(vault.seal(key, [b"a face template"], [b"c"])[0])
    sealed[at] ^= 1
    with pytest.raises(ServerError):
        vault.open(key, [bytes(sealed)], [b"c"])


@pytest.mark.parametrize("length", [0, 5, 12, 27])
def test_a_short_text_does_not_open(vault, key, length):
    sealed = vault.seal(key, [b"a face template"], [b"c"])[0]
    with pytest.raises(ServerError):
        vault.open(key, [sealed[:length]], [b"c"])


def test_another_context_does_not_open(vault, key):
    sealed = vault.seal(key, [b"one", b"two"], [b"1", b"2"])
    with pytest.raises(ServerError):
        vault.open(key, sealed, [b"2", b"1"])


def test_another_key_does_not_open(vault, key):
    vault.create("other")
    with pytest.raises(ServerError):
        vault.open("other", vault.seal(key, [b"text"], [b""]), [b""])


def test_a_key_that_was_not_made_is_told(vault):
    for ask in (vault.seal, vault.open):
        with pytest.raises(ResourceNotFound):
            ask("nothing", [b"x"], [b""])


def test_create_keeps_the_key_that_is_there(vault, key):
    sealed = vault.seal(key, [b"text"], [b""])
    vault.create(key)
    assert vault.open(key, sealed, [b""]) == [b"text"]


def test_destroying_ends_what_was_sealed(vault, key):
    sealed = vault.seal(key, [b"text"], [b""])
    vault.destroy(key)
    vault.destroy(key)
    with pytest.raises(ResourceNotFound):
        vault.open(key, sealed, [b""])
    vault.create(key)
    with pytest.raises(ServerError):
        vault.open(key, sealed, [b""])


def test_derived_secrets_are_stable_and_apart(vault):
    assert vault.derive("pages") == vault.derive("pages")
    assert vault.derive("pages") != vault.derive("digests")
    assert len(vault.derive("")) == 32


def test_a_key_under_another_ends_with_it(vault, key):
    with pytest.raises(ResourceNotFound):
        vault.create("nothing#under")
    vault.create("key#under")
    sealed = vault.seal("key#under", [b"text"], [b"c"])
    assert vault.open("key#under", sealed, [b"c"]) == [b"text"]
    vault.destroy("key")
    with pytest.raises(ResourceNotFound):
        vault.open("key#under", sealed, [b"c"])
    vault.create("key")
    with pytest.raises((ResourceNotFound, ServerError)):
        vault.open("key#under", sealed, [b"c"])


def test_a_key_ends_without_the_one_above(vault, key):
    vault.create("key#under")
    above, under = vault.seal("key", [b"1"], [b""]), vault.seal("key#under", [b"2"], [b""])
    vault.destroy("key#under")
    assert vault.open("key", above, [b""]) == [b"1"]
    with pytest.raises(ResourceNotFound):
        vault.open("key#under", under, [b""])
