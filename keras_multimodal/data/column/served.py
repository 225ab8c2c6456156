"""What comes of raw records of which some may be broken."""

from typing import NamedTuple

import tensorflow as tf


class Served(NamedTuple):
    """The result of `Preprocessor.serve`.

    Args:
        inputs: The model's inputs by name. What can't be read is absent, and holds zeros.
        status: By modality each row's `Status`, `(batch,)` int32.
        used: By modality, of those that are not optional, which rows have what the model needs,
            `(batch,)` bool.
    """

    inputs: dict[str, tf.Tensor]
    status: dict[str, tf.Tensor]
    used: dict[str, tf.Tensor]
