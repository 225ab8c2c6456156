"""The labels and weights that batches take."""

import dataclasses
from collections.abc import Mapping

import numpy as np

# One entry for each row; of several targets, these by name.
LabelArrays = np.ndarray | dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Feed:
    """The labels and weights that batches take, one entry for each row.

    Args:
        labels: What the loss compares with; `None` where nothing is to be learned.
        weights: The weights of losses and metrics, or `None`; a dict where the labels are one.
        inputs: What the model takes beside its modalities, by the input's name.
    """

    labels: LabelArrays | None
    weights: LabelArrays | None
    inputs: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
