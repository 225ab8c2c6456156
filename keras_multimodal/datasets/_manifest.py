"""The list of a prepared folder's files, by which it is recognised, whole or not."""

import hashlib
import json
import pathlib
from typing import Any

_NAME = "manifest.json"


def write_manifest(folder: pathlib.Path, made: dict[str, Any]) -> None:
    """Write the list.

    Args:
        folder: The folder, with all other files in it.
        made: How it was made; JSON types only.
    """
    content = {**made, "sha256": _checksums(folder)}
    (folder / _NAME).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def find_fault(folder: pathlib.Path, wanted: dict[str, Any]) -> str | None:
    """Return what keeps a folder from being used as it is.

    Args:
        folder: A folder that has a manifest.
        wanted: How it must have been made; entries of the manifest beyond these play no role.

    Returns:
        What is wrong, in words that continue "it ..."; `None` if nothing is.
    """
    try:
        manifest = json.loads((folder / _NAME).read_text(encoding="utf-8"))
        known = dict(manifest["sha256"])
    except (ValueError, KeyError, TypeError):
        return f"has a {_NAME} that cannot be read"
    for field, value in wanted.items():
        if manifest.get(field) != value:
            return f"was made with {field}={manifest.get(field)!r}, not {value!r}"
    found = _checksums(folder)
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


def has_manifest(folder: pathlib.Path) -> bool:
    """Return whether a folder was made by this package, and so may be made anew."""
    return (folder / _NAME).is_file()


def _checksums(folder: pathlib.Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _NAME
    }
