"""Small changes of the package, drawn with a seed."""

import ast
import dataclasses
import difflib
import hashlib
import pathlib
import tomllib
import warnings
from collections.abc import Iterator

PACKAGE = "keras_multimodal"
ROOMS = (
    "ops",
    "layers",
    "losses",
    "data/pairing/pairing.py",
    "data/pairing/splitting.py",
    "analysis",
    "schema",
)
EQUIVALENTS = pathlib.Path(__file__).with_name("equivalents.toml")

_ARITHMETIC = {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"}
_BITS = {"BitOr", "BitAnd", "BitXor"}
_VALUES = {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"}
_IDENTITY = {"Is", "IsNot"}


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A file of the package with one change.

    Args:
        file: The file, from the top of the checkout.
        line: The first changed line, from 1.
        before: The changed lines as they are, without what surrounds them.
        after: The same, changed.
        source: The whole file, changed.
    """

    file: str
    line: int
    before: str
    after: str
    source: str

    @property
    def key(self) -> str:
        """Return its name in a session's file."""
        return _digest(self.file, self.source)

    @property
    def room(self) -> str:
        """Return the entry of `ROOMS` that it belongs to."""
        within = self.file.removeprefix(f"{PACKAGE}/")
        return next(room for room in ROOMS if within == room or within.startswith(f"{room}/"))


def files(root: pathlib.Path) -> list[str]:
    """Return the files that are changed, from the top of the checkout."""
    found = []
    for room in ROOMS:
        path = root / PACKAGE / room
        found += [path] if path.is_file() else sorted(path.rglob("*.py"))
    return [path.relative_to(root).as_posix() for path in found if path.name != "__init__.py"]


def draw(root: pathlib.Path, seed: int, count: int, rooms: tuple[str, ...]) -> list[Mutant]:
    """Mutants that depend on the seed and their own lines alone, and are known as no equivalents.

    Places are drawn, and for each of them one of the changes that are possible there. So an edit
    elsewhere leaves the draw as it is.

    Args:
        root: The top of the checkout.
        seed: The seed.
        count: How many, or as many as there are.
        rooms: The entries of `ROOMS` to draw from.
    """
    left_out = {
        (each["file"], _squeezed(each["before"]), _squeezed(each["after"]))
        for each in equivalents()
    }
    places = [
        place
        for file in files(root)
        if any(f"{file}/".startswith(f"{PACKAGE}/{room}/") for room in rooms)
        for place in _places(root, file)
    ]
    drawn: list[Mutant] = []
    for place in sorted(places, key=lambda place: _digest(str(seed), *place.name)):
        if len(drawn) == count:
            break
        for operator in sorted(
            place.operators, key=lambda operator: _digest(str(seed), *place.name, operator)
        ):
            mutant = place.mutant(operator)
            if mutant is None:
                continue  # no Python, or no change
            change = (_squeezed(mutant.before), _squeezed(mutant.after))
            if (mutant.file, *change) not in left_out:
                drawn.append(mutant)
            break
    return drawn


def equivalents() -> list[dict[str, str]]:
    """Return the mutants that nothing can tell from the package, and why."""
    return tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8")).get("mutant", [])


@dataclasses.dataclass
class _Place:
    """A place that can be changed, and the occurrence at which each operator changes it."""

    file: str
    source: str
    name: tuple[str, ...]
    operators: dict[str, int]

    def mutant(self, operator: str) -> Mutant | None:
        from cosmic_ray import mutating, plugins

        changed = mutating.mutate_code(
            self.source, plugins.get_operator(operator)(), self.operators[operator]
        )
        if changed is None or changed == self.source or not _is_python(changed):
            return None
        old, new = self.source.splitlines(), changed.splitlines()
        codes = [
            code
            for code in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
            if code[0] != "equal"
        ]
        first, last = codes[0], codes[-1]
        return Mutant(
            self.file,
            first[1] + 1,
            _joined(old[first[1] : last[2]]),
            _joined(new[first[3] : last[4]]),
            changed,
        )


def _places(root: pathlib.Path, file: str) -> Iterator[_Place]:
    from cosmic_ray import plugins
    from cosmic_ray.ast import ast_nodes, get_ast

    source = (root / file).read_text(encoding="utf-8")
    lines = source.splitlines()
    nodes = list(ast_nodes(get_ast(source)))
    unwatchable = _unwatchable(source)
    found: dict[tuple, dict[str, int]] = {}
    for operator in filter(_is_meant, plugins.operator_names()):
        own = plugins.get_operator(operator)
        if own.arguments():  # random ones
            continue
        positions = (place for node in nodes for place in own().mutation_positions(node))
        for occurrence, (start, end) in enumerate(positions):
            if not any(first <= start < last for first, last in unwatchable):
                # Two changes of one operator at one place, such as 1 to 0 and to 2, are apart.
                operators = found.setdefault((start, end), {})
                operators.setdefault(operator, occurrence)
                if operators[operator] != occurrence:
                    found.setdefault((start, end, occurrence), {})[operator] = occurrence
    seen: dict[tuple[str, ...], int] = {}
    for (start, *_), operators in sorted(found.items()):
        text = lines[start[0] - 1].strip()
        seen[file, text] = again = seen.get((file, text), -1) + 1
        yield _Place(file, source, (file, text, str(again)), operators)


def _is_meant(operator: str) -> bool:
    """Return whether an operator makes other arithmetic, and not nonsense that any test notices."""
    name = operator.rsplit("/", 1)[-1]
    if name.startswith(("ReplaceBinaryOperator", "ReplaceComparisonOperator")):
        _, before, after = name.split("_")
        kinds = (_ARITHMETIC, _BITS, _VALUES, _IDENTITY)
        return any(before in kind and after in kind for kind in kinds)
    return True


def _unwatchable(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where annotations stand, and `strict` of `zip`, which guards what cannot happen."""
    found = []
    for node in ast.walk(ast.parse(source)):
        parts = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.keyword) and node.arg == "strict":
            parts.append(node.value)
        found += [
            ((part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset))
            for part in parts
            if part is not None
        ]
    return found


def _is_python(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compile(source, "mutant", "exec")
    except (SyntaxError, SyntaxWarning):
        return False
    return True


def _joined(lines: list[str]) -> str:
    return "\n".join(line.strip() for line in lines)


def _squeezed(text: str) -> str:
    """Without white space, which changes leave where nobody would write it."""
    return "".join(text.split())


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()
