"""What a test draws does not depend on which tests ran before it."""

import ast
import pathlib

import pytest

# That a user's function draws so is what one file tests; it looks at no number that is drawn.
SUBJECT = "test_random_at_tracing.py"
FILES = [path for path in pathlib.Path(__file__).parents[1].rglob("*.py") if path.name != SUBJECT]
GENERATORS = {"default_rng", "RandomState", "Random", "SeedGenerator"}
# NumPy's and Python's own generators, which all tests would have in common.
COMMON = {"np.random", "numpy.random", "random"}


def name_of(call: ast.AST) -> str:
    return ast.unparse(call.func).split(".")[-1] if isinstance(call, ast.Call) else ""


def drawn_in_tests(source: str) -> list[str]:
    """Return the draws inside functions from a generator that other tests draw from too."""
    tree = ast.parse(source)
    generators = {
        target.id
        for statement in tree.body
        if isinstance(statement, ast.Assign) and name_of(statement.value) in GENERATORS
        for target in statement.targets
    }
    found = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.Lambda):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id in generators:
                found.add(f"line {node.lineno}: {node.id}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            # Looking at a generator's state draws nothing.
            if owner in COMMON and node.func.attr not in {*GENERATORS, "getstate", "get_state"}:
                found.add(f"line {node.lineno}: {ast.unparse(node.func)}")
    return sorted(found)


def test_each_test_draws_from_a_generator_of_its_own():
    """That is the fixture `rng`, or one that the test makes."""
    found = {str(path): drawn_in_tests(path.read_text()) for path in FILES}
    assert len(found) > 100
    assert not {path: lines for path, lines in found.items() if lines}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("RNG = np.random.default_rng(0)\ndef test_x():\n    RNG.normal()", ["line 3: RNG"]),
        ("RNG = np.random.default_rng(0)\nmake = lambda: RNG.normal()", ["line 2: RNG"]),
        ("def test_x():\n    np.random.normal()", ["line 2: np.random.normal"]),
        ("def test_x():\n    random.shuffle([])", ["line 2: random.shuffle"]),
        ("RNG = np.random.default_rng(0)\nX = RNG.normal()", []),
        ("def test_x():\n    random.getstate()", []),
        ("def test_x(rng):\n    rng.normal()", []),
        ("def test_x():\n    np.random.default_rng(0).normal()", []),
    ],
)
def test_what_counts_as_shared(source, found):
    assert drawn_in_tests(source) == found
