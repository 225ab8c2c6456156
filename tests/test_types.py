"""Annotations say what is meant."""

import ast
import pathlib

import keras_multimodal

PACKAGE = pathlib.Path(keras_multimodal.__file__).parent


def annotations(path):
    """Return those of a file's functions and variables."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.AnnAssign):
            yield node.annotation
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = node.args
            named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            rest = [each for each in (arguments.vararg, arguments.kwarg) if each]
            yield from (each.annotation for each in (*named, *rest) if each.annotation)
            if node.returns:
                yield node.returns


def test_at_most_one_in_twenty_says_anything():
    found = [each for path in PACKAGE.rglob("*.py") for each in annotations(path)]
    bare = [each for each in found if isinstance(each, ast.Name) and each.id == "Any"]
    assert len(found) > 5000
    assert len(bare) <= 0.05 * len(found), f"{len(bare)} of {len(found)}"
