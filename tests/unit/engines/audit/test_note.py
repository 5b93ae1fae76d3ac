import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from beholden.engines.audit.note import Checkpoint, CheckpointError, Signer, Verifier, is_origin

# The example in the documentation of golang.org/x/mod/sumdb/note, where the format comes from.
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
SIGNATURE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SIGNER = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
HEAD = Checkpoint("example.org/log", 70_000, bytes(range(32)))


def test_a_note_that_another_implementation_signed():
    assert Verifier.parse(KEY).text_of(f"{TEXT}\n{SIGNATURE}") == TEXT


def test_a_verifier_key_reads_back():
    assert str(Verifier.parse(KEY)) == KEY
    assert Verifier.parse(str(SIGNER.verifier)) == SIGNER.verifier


@pytest.mark.parametrize(
    "line", ["", "name", "a+b", KEY.replace("c74f", "c74e"), KEY.replace("+AR", "+AB"), KEY[:-4]]
)
def test_what_is_no_verifier_key(line):
    with pytest.raises(CheckpointError):
        Verifier.parse(line)


def test_a_checkpoint_reads_back():
    assert SIGNER.verifier.open(SIGNER.sign(HEAD)) == HEAD


def test_signatures_of_others_are_left_alone():
    note = SIGNER.sign(HEAD)
    assert SIGNER.verifier.open(note + SIGNATURE) == HEAD


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("70000", "70001"),
        ("70000", "070000"),
        ("example", "Example"),
        ("\n\n", "\n"),
        ("\u2014", "-"),
    ],
)
def test_an_altered_checkpoint_is_refused(old, new):
    with pytest.raises(CheckpointError):
        SIGNER.verifier.open(SIGNER.sign(HEAD).replace(old, new))


def test_another_key_of_the_same_name_is_refused():
    other = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1"))
    with pytest.raises(CheckpointError, match="not signed"):
        SIGNER.verifier.open(other.sign(HEAD))


@pytest.mark.parametrize(
    "text", ["example.org/log\n1\n", "example.org/log\nx\nAAAA\n", "example.org/log\n01\nAAAA\n"]
)
def test_what_the_key_signed_must_be_a_checkpoint(text):
    class Odd(Checkpoint):
        def text(self):
            return text

    with pytest.raises(CheckpointError):
        SIGNER.verifier.open(SIGNER.sign(Odd("", 0, b"")))


def test_the_checkpoint_of_another_log_is_refused():
    with pytest.raises(CheckpointError, match="origin"):
        SIGNER.verifier.open(SIGNER.sign(Checkpoint("example.org/other", 1, bytes(32))))


@pytest.mark.parametrize(
    ("name", "good"), [("a/b", True), ("", False), ("a b", False), ("a+b", False)]
)
def test_names(name, good):
    assert is_origin(name) is good
