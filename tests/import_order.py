"""Which modules of the package import which: a picture of its floors.

    python -m tests.import_order

prints it, as CONTRIBUTING.md shows it; `--write` puts it there. `test_import_order.py` enforces the
order.
"""

import argparse
import pathlib
import sys
from collections.abc import Iterable, Mapping

from tests.suite.imports import ROOT, imports

PACKAGE = ROOT / "keras_multimodal"
PAGE = ROOT / "CONTRIBUTING.md"

# Small parts which import nothing of the package and are for all.
FOR_ALL = {
    "__init__",
    "__main__",
    "_disk_space",
    "_folders",
    "_inner_names",
    "_locks",
    "_registration",
    "_registry",
    "_seeding",
    "errors",
    "types",
}

# What each module may import of the others.
ALLOWED: dict[str, set[str]] = {
    "schema": set(),
    "data": {"schema"},
    "datasets": {"schema", "data"},
    "export": {"schema", "data"},
    "ops": set(),
    "layers": {"losses", "ops"},
    "encoders": {"ops", "layers", "schema"},
    "decoders": {"ops", "layers", "encoders", "schema"},
    "losses": {"ops"},
    "metrics": {"ops", "losses"},
    "tasks": {"ops", "layers", "encoders", "decoders", "losses", "metrics", "schema"},
    "testing": {"ops", "schema", "data", "export"},
}
ALLOWED["analysis"] = ALLOWED["tasks"] | {"tasks"}
ALLOWED["inference"] = ALLOWED["tasks"] | {"tasks", "data"}
ALLOWED["export"] |= ALLOWED["tasks"] | {"tasks"}
ALLOWED["_options"] = set()
ALLOWED["tables"] = {"_options", "schema", "data"}
ALLOWED["experiment"] = set(ALLOWED) - {"datasets", "testing"}
ALLOWED["demo"] = set(ALLOWED) - {"testing"}
ALLOWED["commands"] = {"_options", "schema", "tables", "experiment", "demo"}
ALLOWED["cli"] = {"commands"}

# The floors of `data`, the lowest first: what is on one imports of those below it only.
DATA_FLOORS = (
    {"column"},
    {"image", "text", "audio", "sensor", "table", "sources"},
    {"targets"},
    {"pipeline"},
    {"pairing"},
    {"image_data_generator", "features"},
)


def arrows(folder: pathlib.Path) -> dict[str, set[str]]:
    """Return for each module in a folder of the package, the others there that it imports.

    Args:
        folder: The package, or a module of it that has modules of its own.
    """
    prefix = ".".join(folder.relative_to(ROOT).parts)
    names = {
        path.stem
        for path in folder.iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem not in FOR_ALL
    }
    found: dict[str, set[str]] = {name: set() for name in names}
    for path in folder.rglob("*.py"):
        own = path.relative_to(folder).parts[0].removesuffix(".py")
        if own in names:
            found[own] |= named(imports(path, module_level=False), prefix) & names - {own}
    return found


def named(modules: Iterable[str], prefix: str) -> set[str]:
    """Return which modules right below `prefix` the imported ones belong to."""
    parts = (name.removeprefix(f"{prefix}.") for name in modules if name.startswith(f"{prefix}."))
    return {part.split(".")[0] for part in parts}


def floors(arrows: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the modules by how many others are below them, the lowest first.

    Raises:
        ValueError: If imports go round in a circle.
    """
    placed: dict[str, int] = {}
    while len(placed) < len(arrows):
        ready = [name for name in arrows if name not in placed and arrows[name] <= placed.keys()]
        if not ready:
            circle = sorted(arrows.keys() - placed.keys())
            raise ValueError(f"Imports must go round in no circle. Received: one among {circle}")
        for name in ready:
            placed[name] = 1 + max((placed[below] for below in arrows[name]), default=0)
    return [
        sorted(name for name in placed if placed[name] == floor)
        for floor in range(1, max(placed.values()) + 1)
    ]


def picture() -> str:
    """Return the floors of the package and of `data`, the highest first, as text."""
    lines = []
    for folder in (PACKAGE, PACKAGE / "data"):
        found = arrows(folder)
        storeys = floors(found)
        count = sum(map(len, found.values()))
        name = ".".join(folder.relative_to(ROOT).parts)
        lines += [f"{name}: {len(found)} modules on {len(storeys)} floors, {count} imports"]
        for floor, names in reversed(list(enumerate(storeys, 1))):
            for place, module in enumerate(names):
                number = f"{floor:>2}" if place == 0 else "  "
                lines.append(f"{number}  {module:<21} {' '.join(sorted(found[module]))}".rstrip())
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def with_picture(page: str) -> str:
    """Return the page with the picture in place of the one it has.

    Raises:
        ValueError: If the page has no place for it.
    """
    before, start, rest = page.partition("    keras_multimodal: ")
    if not start:
        raise ValueError("The page must have a picture already. Received: none")
    lines = (start + rest).split("\n")
    end = next(i for i, line in enumerate(lines) if line and not line.startswith("    "))
    indented = "".join(f"    {line}".rstrip() + "\n" for line in picture().splitlines())
    return f"{before}{indented}\n" + "\n".join(lines[end:])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.import_order", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put it into CONTRIBUTING.md")
    if parser.parse_args().write:
        PAGE.write_text(with_picture(PAGE.read_text("utf-8")), "utf-8")
    sys.stdout.write(picture())
