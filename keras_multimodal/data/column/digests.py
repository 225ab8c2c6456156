"""By what a change is noticed of what is read, or of how."""

import dataclasses
import hashlib
import json
from typing import Any

from keras_multimodal.schema import Modality


def digest(content: Any) -> str:
    """Return a checksum of what JSON can hold; of anything else its `str` counts.

    Args:
        content: Numbers, strings, `None`, and lists and dicts of them. The order of a dict's keys
            does not matter.
    """
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def preprocessing_digest(spec: Modality) -> str:
    """Return a checksum of how a cell of the modality becomes tensors."""
    description = dataclasses.asdict(spec)
    for name in ("name", "optional"):  # neither of which a cell is asked for
        del description[name]
    return digest([spec.kind, description])
