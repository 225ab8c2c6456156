"""The versions that a run depends on."""

import importlib.metadata
import platform

_PACKAGES = ("keras-multimodal-fusion", "keras", "tensorflow", "numpy", "pandas")


def versions(*others: str) -> dict[str, str]:
    """Return the versions of Python and of the packages that a run depends on.

    Args:
        *others: Further packages.
    """
    return {
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in (*_PACKAGES, *others)},
    }
