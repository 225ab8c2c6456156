"""By what a change of what is read is noticed."""

import hashlib
import json
from typing import Any


def digest(content: Any) -> str:
    """Return a checksum of what JSON can hold; of anything else its `str` counts.

    Args:
        content: Numbers, strings, `None`, and lists and dicts of them. The order of a dict's keys
            does not matter.
    """
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
