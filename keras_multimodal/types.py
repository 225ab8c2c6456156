"""The types that annotations name.

Keras gives its tensors no common type: one of the backend, a `KerasTensor` and an array of NumPy go
the same way through a layer. These names say what is meant where a checker can know no more.
"""

from collections.abc import Callable
from typing import Any

# A tensor of Keras' backend, a symbolic one, or an array.
Tensor = Any
# A tensor, or a list or dict of them by modality.
Tensors = Any
# A boolean tensor; `None` where all is real.
Mask = Any
# A mask, or a list or dict of them by modality.
Masks = Any
# `None` is a size that is not known yet.
Shape = tuple[int | None, ...]
# A shape, or a list or dict of them by modality.
Shapes = Any

# What a table has in a row and a column, of any kind, or nothing.
Cell = Any
# A table of pandas, or what has a method `to_pandas` that makes one.
Frame = Any

# What `keras.initializers.get`, `keras.regularizers.get` and `keras.activations.get` take.
Initializer = Any
Regularizer = Any
Activation = str | Callable[..., Any] | None
