"""A search needs a Grant, and only the gate can mint one."""

import ast
from pathlib import Path

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


def modules():
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if not name.startswith("testing/"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def test_only_the_gate_mints_grants():
    assert {name for name, tree in modules() if list(mentions(tree))} == {"gate/gate.py"}


def test_nobody_copies_a_grant_with_changes():
    for name, tree in modules():
        for node in ast.walk(tree):
            called = isinstance(node, ast.Call) and ast.unparse(node.func).endswith("replace")
            assert not (called and node.args and "grant" in ast.unparse(node.args[0])), name


def test_this_test_would_notice():
    for text in ("Grant('x')", "access.Grant('x')", "make = Grant", "cast(Grant, x)"):
        assert list(mentions(ast.parse(text)))
    assert list(mentions(ast.parse("from a import Grant as G")))
    assert not list(mentions(ast.parse("def f(g: Grant) -> Grant: ...")))
