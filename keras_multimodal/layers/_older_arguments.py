"""Arguments that files of an earlier version have by another name."""

from collections.abc import Mapping
from typing import Any

BLOCK_ARGUMENTS = {"feed_forward_dim": "intermediate_dim"}


def renamed(config: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return a layer's configuration with today's names.

    Args:
        config: The configuration.
        names: Today's name of each earlier one.
    """
    return {names.get(name, name): value for name, value in config.items()}
