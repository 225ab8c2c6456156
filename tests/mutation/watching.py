"""Which tests watch a file of the package, read off what they import."""

import ast
import collections
import functools
import pathlib
import re

from mutants import PACKAGE

# Trainings, runs of the command line and fresh processes: what watches a file has tests of its own.
_SLOW_ROOMS = ("commands", "demo", "export", "inference", "mutation")
_OWN, _ENOUGH, _OTHERS = 6, 3, 2  # files of the room, how many need none of others, and of others
# What is used everywhere is watched here.
_CHOSEN = {
    "data/pairing/pairing.py": (
        "tests/data/pairing/test_pairing.py",
        "tests/data/pairing/test_pairing_policies.py",
        "tests/data/pairing/test_duplicates.py",
        "tests/data/targets/test_several_targets.py",
        "tests/data/targets/test_text_targets.py",
        "tests/data/pairing/test_properties.py",
        "tests/data/pairing/test_records.py",
    ),
    "data/pairing/splitting.py": (
        "tests/data/pairing/test_splitting.py",
        "tests/data/pairing/test_records.py",
        "tests/data/pairing/test_properties.py",
    ),
}


def watchers(root: pathlib.Path, file: str) -> tuple[list[str], frozenset[str]]:
    """Return the test files that watch a file, the nearest first, and the names they use of it.

    They are those of the file's room, or at the top of the tests, that use one of its public
    names; where those are few, also those of other rooms that are called like the file or use the
    names most. Where no test of the room does, such as of a private module, what imports the file
    is watched in its place.

    Args:
        root: The top of the checkout.
        file: A file of the package.
    """
    path = pathlib.PurePosixPath(file)
    within = path.relative_to(PACKAGE)
    if within.as_posix() in _CHOSEN:
        return [*_CHOSEN[within.as_posix()]], public_names(root, file)
    room = within.parts[0]
    seen, names = {file}, public_names(root, file)
    while True:
        uses = {test: _uses(root, test, names) for test in _tests(root)}
        own = [test for test, count in uses.items() if count and _room(test) in (room, "")]
        if own:
            break
        above = {other for each in seen for other in _importers(root).get(each, ())} - seen
        if not above:
            break
        seen |= above
        names = names.union(*(public_names(root, other) for other in above))
    others = [
        test
        for test, count in uses.items()
        if _room(test) not in (room, "", *_SLOW_ROOMS) and (count or _alike(test, path.stem))
    ]
    own.sort(key=lambda test: (not _alike(test, path.stem), not _room(test), -uses[test], test))
    own = sorted(own[:_OWN], key=lambda test: "conformance" in test)  # these take longest
    others.sort(key=lambda test: (not _alike(test, path.stem), -uses[test], test))
    return own + (others[:_OTHERS] if len(own) < _ENOUGH else []), names


def public_names(root: pathlib.Path, file: str) -> frozenset[str]:
    """Return the classes, functions and constants of a file, by the names others import."""
    found = set()
    for node in _tree(root / file).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    module = file.removesuffix(".py").replace("/", ".")
    for path in (root / file).parents:
        if (path / "__init__.py").is_file():
            found |= {
                alias.asname
                for node in ast.walk(_tree(path / "__init__.py"))
                if isinstance(node, ast.ImportFrom) and node.module == module
                for alias in node.names
                if alias.asname
            }
    return frozenset(name for name in found if not name.startswith("_"))


def _room(test: str) -> str:
    parts = pathlib.PurePosixPath(test).parts
    return parts[1] if len(parts) > 2 else ""


def _alike(test: str, stem: str) -> bool:
    return pathlib.PurePosixPath(test).name.startswith(f"test_{stem}")


def _uses(root: pathlib.Path, test: str, names: frozenset[str]) -> int:
    """Return how often a test file, or the cases that it imports from beside it, use the names."""
    text = (root / test).read_text(encoding="utf-8")
    beside = [
        (root / test).with_name(f"{name}.py") for name in re.findall(r"^import (\w+)$", text, re.M)
    ]
    found = [_used(path) for path in (root / test, *filter(pathlib.Path.is_file, beside))]
    return sum(counts[name] for counts in found for name in names)


@functools.cache
def _used(path: pathlib.Path) -> collections.Counter[str]:
    """Return how often a file of tests uses each name that it has of the package."""
    tree, bound = _tree(path), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            bound |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            bound |= {a.asname or a.name: a.name for a in node.names if a.name == PACKAGE}
    found: collections.Counter[str] = collections.Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in bound:
            found[bound[node.id]] += 1
        elif isinstance(node, ast.Attribute):
            base = node.value
            while isinstance(base, ast.Attribute):
                base = base.value
            if isinstance(base, ast.Name) and base.id in bound:
                found[node.attr] += 1
    return found


@functools.cache
def _tests(root: pathlib.Path) -> list[str]:
    return [
        path.relative_to(root).as_posix() for path in sorted((root / "tests").rglob("test_*.py"))
    ]


@functools.cache
def _importers(root: pathlib.Path) -> dict[str, set[str]]:
    """By file of the package, the files that import it; not what only re-exports it."""
    found: dict[str, set[str]] = {}
    for path in (root / PACKAGE).rglob("*.py"):
        if path.name == "__init__.py":
            continue
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                base = root / node.module.replace(".", "/")
                modules = [base.with_suffix(".py"), *(base / f"{a.name}.py" for a in node.names)]
                for module in filter(pathlib.Path.is_file, modules):
                    imported = module.relative_to(root).as_posix()
                    found.setdefault(imported, set()).add(path.relative_to(root).as_posix())
    return found


@functools.cache
def _tree(path: pathlib.Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
