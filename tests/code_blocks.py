"""The code blocks of the repository's pages, run as a reader would run them."""

import pathlib
import re
from typing import Any

ROOT = pathlib.Path(__file__).parent.parent


def run_code_blocks(page: str, at_least: int = 5) -> dict[str, Any]:
    """Run a page's Python blocks one after the other, and return the names that they leave.

    Args:
        page: The page's path from the repository's root.
        at_least: How many blocks there are at least, so that none is overlooked.
    """
    blocks = re.findall(
        r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) >= at_least
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    return names
