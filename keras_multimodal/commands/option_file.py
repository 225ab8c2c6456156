"""Options in a file."""

import importlib
import json
import os
import pathlib
from typing import Any

from keras_multimodal.errors import ArgumentError, MissingFileError


def read_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the options in a JSON or YAML file, as a mapping.

    Args:
        path: The file: `.json`, `.yaml` or `.yml`.

    Raises:
        MissingFileError: If there is no such file.
        ImportError: If it is YAML, and PyYAML is not installed.
        ValueError: If it has another ending, or holds no mapping.
    """
    file = pathlib.Path(path)
    if file.suffix not in (".json", ".yaml", ".yml"):
        raise ArgumentError("config", f"must end in .json, .yaml or .yml. Received: {str(path)!r}")
    if not file.is_file():
        raise MissingFileError("config", f"must be a file. Received: {str(path)!r}")
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix == ".json":
        try:
            config = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path} must hold JSON: {error}") from error
    else:
        try:
            yaml = importlib.import_module("yaml")
        except ImportError as error:
            raise ImportError(
                'A YAML file needs PyYAML: pip install "keras-multimodal-fusion[yaml]". JSON does '
                "without."
            ) from error
        try:
            config = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(f"{path} must hold YAML: {error}") from error
    if not isinstance(config, dict):
        raise ValueError(f"{path} must hold options by name. Received: a {type(config).__name__}")
    return config
