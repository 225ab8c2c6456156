"""The list of a prepared folder's files, by which it is recognised, whole or not."""

import hashlib
import json
import pathlib
from typing import Any

_NAME = "manifest.json"


def write_manifest(directory: pathlib.Path, made: dict[str, Any]) -> None:
    """Write the list.

    Args:
        directory: The folder, with all other files in it.
        made: How it was made; JSON types only.
    """
    content = {**made, "sha256": _checksums(directory)}
    (directory / _NAME).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def find_fault(directory: pathlib.Path, wanted: dict[str, Any]) -> str | None:
    """Return what keeps a folder from being used as it is.

    Args:
        directory: A folder that has a manifest.
        wanted: How it must have been made; entries of the manifest beyond these play no role.

    Returns:
        What is wrong, in words that continue "it ..."; `None` if nothing is.
    """
    try:
        manifest = json.loads((directory / _NAME).read_text(encoding="utf-8"))
        known = dict(manifest["sha256"])
    except (ValueError, KeyError, TypeError):
        return f"has a {_NAME} that cannot be read"
    for field, value in wanted.items():
        if manifest.get(field) != value:
            return f"was made with {field}={manifest.get(field)!r}, not {value!r}"
    found = _checksums(directory)
    for fault, files in (
        ("lacks", sorted(known.keys() - found.keys())),
        (
            "has altered",
            sorted(file for file in known.keys() & found.keys() if known[file] != found[file]),
        ),
    ):
        if files:
            more = f" and {len(files) - 1} more" if len(files) > 1 else ""
            return f"{fault} {files[0]}{more}"
    return None


def has_manifest(directory: pathlib.Path) -> bool:
    """Return whether a folder was made by this package, and so may be made anew."""
    return (directory / _NAME).is_file()


def _checksums(directory: pathlib.Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != _NAME
    }
