"""A search needs a Grant, and only the gate can mint one."""

import ast
from pathlib import Path

import pytest

import beholden

SOURCE = Path(beholden.__file__).parent


def mentions(tree):
    """Every use of the name Grant as a value: called, passed on, renamed or taken apart."""
    annotations = set()
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            annotation = getattr(node, field, None)
            if annotation is not None:
                annotations.update(ast.walk(annotation))
        if isinstance(node, ast.alias) and node.name == "Grant" and node.asname:
            yield node
    for node in ast.walk(tree):
        named = (isinstance(node, ast.Name) and node.id == "Grant") or (
            isinstance(node, ast.Attribute) and node.attr == "Grant"
        )
        if named and node not in annotations:
            yield node


def copies(tree):
    """Every call of a function named replace on something that has to do with a grant."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called.endswith("replace") and "grant" in ast.unparse(node.args[0]):
                yield node


@pytest.fixture(scope="module")
def modules():
    """Those that have to do with grants at all, as syntax trees."""
    texts = {path.relative_to(SOURCE): path.read_text("utf-8") for path in SOURCE.rglob("*.py")}
    return {
        name.as_posix(): ast.parse(text)
        for name, text in texts.items()
        if "grant" in text.lower() and name.parts[0] != "testing"
    }


def test_only_the_gate_mints_grants(modules):
    assert {name for name, tree in modules.items() if any(mentions(tree))} == {"gate/gate.py"}


def test_nobody_copies_a_grant_with_changes(modules):
    assert {name for name, tree in modules.items() if any(copies(tree))} == set()


def test_this_test_would_notice():
    for text in ("Grant('x')", "access.Grant('x')", "make = Grant", "cast(Grant, x)"):
        assert list(mentions(ast.parse(text)))
    assert list(mentions(ast.parse("from a import Grant as G")))
    assert not list(mentions(ast.parse("def f(g: Grant) -> Grant: ...")))
    for text in ("replace(call.grant, query=q)", "copy.replace(grant)"):
        assert list(copies(ast.parse(text)))
