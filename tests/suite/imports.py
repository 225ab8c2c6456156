"""What the files of the repository import of each other."""

import ast
import functools
import pathlib

ROOT = pathlib.Path(__file__).parent.parent.parent


@functools.cache
def imports(path: pathlib.Path, module_level: bool) -> list[str]:
    """Return the modules that a file imports, at its top level or anywhere."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if module_level else list(ast.walk(tree))
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found += [module] + [f"{module}.{alias.name}" for alias in node.names]
    return found


def files_behind(start: pathlib.Path) -> set[pathlib.Path]:
    """Return the file, and all files of the repository that it imports, directly or through others.

    A test module has the `conftest.py` of its folders behind it. `import keras_multimodal` gives
    every file of the package, since its modules are then had as attributes.
    """
    found: set[pathlib.Path] = set()
    pending = [start, *_conftests(start)]
    while pending:
        path = pending.pop()
        if path in found:
            continue
        found.add(path)
        for name in imports(path, module_level=False):
            if name == "keras_multimodal" and "keras_multimodal" not in path.parts:
                pending += (ROOT / name).rglob("*.py")
            else:
                pending += _files(name, path.parent)
    return found


def _conftests(path: pathlib.Path) -> list[pathlib.Path]:
    folders = [path.parent, *path.parent.parents]
    return [folder / "conftest.py" for folder in folders if (folder / "conftest.py").exists()]


@functools.cache
def _files(name: str, folder: pathlib.Path) -> list[pathlib.Path]:
    """Return the file of a module, looked for as Python does while tests run."""
    relative = pathlib.Path(*name.split("."))
    for root in (ROOT, ROOT / "tests", folder):
        for path in (root / relative.with_suffix(".py"), root / relative / "__init__.py"):
            if path.is_file():
                return [path]
    return []
