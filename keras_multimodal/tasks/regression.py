"""A regressor of records."""

from collections.abc import Sequence
from typing import Literal, Unpack

import keras

from keras_multimodal.layers import fusion as fusions
from keras_multimodal.schema import NumberTarget, Schema
from keras_multimodal.tasks._heads import check_number, number_head
from keras_multimodal.tasks._trunk import Encoders, Trunk
from keras_multimodal.tasks.compilation import CompileOptions, compiled


def regressor(
    schema: Schema,
    *,
    loss: Literal["mse", "huber", "quantile"] = "mse",
    quantiles: Sequence[float] = (0.1, 0.5, 0.9),
    encoders: Encoders | None = None,
    fusion: str | keras.layers.Layer = fusions.DEFAULT,
    dim: int = 64,
    dropout: float = 0.3,
    modality_dropout: float | None = None,
    compile: bool = True,
    seed: int | None = None,
    **options: Unpack[CompileOptions],
) -> keras.Model:
    """Return a model from a record to its numbers, in the user's units, compiled.

    Inside, the numbers are standardised by the training rows; what comes out is not.

    Args:
        schema: The description of the training rows, `records.schema`, with a target of numbers
            (`pair(values=...)`).
        loss: `"mse"` (default) for means; `"huber"`, which heeds outliers less; or `"quantile"`,
            for quantiles in place of means, two of which bound an interval.
        quantiles: The shares of rows below each quantile, in (0, 1), rising. Default
            `(0.1, 0.5, 0.9)`: the median, and an interval that four of five rows are in.
        encoders: By modality, what stands in place of the default encoder
            (`tasks.default_encoder`): an encoder, a name for `encoders.pretrained`, or any layer or
            model, as `tasks.classifier` says.
        fusion: A name of `layers.fusion.names()` or a layer, but not `"logits"`. Default
            `"co_attention"`.
        dim: Width of the tokens, a multiple of 4. Default 64.
        dropout: Rate in the default encoders and before the last layer, in [0, 1). Default 0.3.
        modality_dropout: Rate at which whole modalities are withheld in training, in [0, 1].
            Default `None`: 0.2 where one of several is optional, else 0.
        compile: Whether to compile, with `tasks.compile_for`. Default True.
        seed: Seed of what is dropped in training.
        **options: Of `tasks.compile_for`: `learning_rate`, `weight_decay`, `steps` and
            `jit_compile`.

    Returns:
        The model, with the inputs of `tasks.inputs(schema)` and the output `(batch, columns)`, or
        `(batch, columns, quantiles)`.

    Raises:
        ValueError: If the schema has no target of numbers, or one that has not learned its
            statistics; if there is an encoder for what it has not, or one that cannot read what it
            describes; or if an argument is out of its range.

    Example:

    >>> from keras_multimodal.schema import Sensor, Text
    >>> sensor, text = Sensor(channels=("x",), length=20), Text(length=5, vocabulary=("cat",))
    >>> target = NumberTarget(columns=("wear",), mean=(20.0,), std=(4.0,))
    >>> regressor(Schema([sensor, text], target), dim=8).output.shape
    (None, 1)
    """
    target = schema.target
    if not isinstance(target, NumberTarget):
        raise ValueError(
            "`schema` must have one target of numbers; pair the rows with `values`. For several "
            "targets there is `tasks.multi_task`. "
            f"Received: target={target!r}"
        )
    check_number(target, loss)
    trunk = Trunk(schema, encoders, dim, dropout, modality_dropout, seed)
    vector = trunk.fuse(fusion)
    vector = keras.layers.Dropout(dropout, seed=seed, name=trunk.layer_name("dropout"))(vector)
    head = number_head(target, vector, loss, quantiles, trunk.layer_name)
    model = keras.Model(trunk.inputs, head.output, name="regressor")
    return compiled(model, schema, compile, options, loss=head.loss)
