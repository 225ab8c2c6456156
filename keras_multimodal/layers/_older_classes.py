"""Classes that files of an earlier version name, and what they are now."""

from typing import Any

import keras
import numpy as np


@keras.saving.register_keras_serializable(package="keras_multimodal")
class Destandardize(keras.layers.Layer):
    """Stands for the layer that `keras.layers.Normalization(invert=True)` has replaced."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> keras.layers.Layer:
        """Return the layer of Keras that does the same.

        Args:
            config: That of the earlier class, with `mean` and `std` of each target.
        """
        now = {name: value for name, value in config.items() if name not in ("mean", "std")}
        variance = np.square(np.asarray(config["std"], "float64")).tolist()
        return keras.layers.Normalization.from_config(
            {**now, "axis": 1, "mean": list(config["mean"]), "variance": variance, "invert": True}
        )
