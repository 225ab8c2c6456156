"""A model that writes the text of a record."""

from typing import Unpack

import keras

from keras_multimodal.decoders import Decoder, TextDecoder
from keras_multimodal.layers import FusedTokens
from keras_multimodal.layers import fusion as fusions
from keras_multimodal.schema import Schema
from keras_multimodal.tasks._trunk import Encoders, Trunk
from keras_multimodal.tasks.compilation import CompileOptions, compiled
from keras_multimodal.tasks.generation import text_target

_CONTEXT = "context"


def captioner(
    schema: Schema,
    *,
    encoders: Encoders | None = None,
    fusion: str | keras.layers.Layer | None = fusions.DEFAULT,
    decoder: Decoder | None = None,
    dim: int = 64,
    dropout: float = 0.1,
    modality_dropout: float | None = None,
    compile: bool = True,
    seed: int | None = None,
    **options: Unpack[CompileOptions],
) -> keras.Model:
    """Return a model that writes a text of a record, token by token, compiled.

    An encoder makes tokens of each modality, the fusion relates them, and a decoder attends to all
    of them and to what it has written. Where one of the modalities is a question, it answers.
    It is trained by the stock `fit` on what comes next; `inference.TextGenerator` writes.

    Args:
        schema: The description of the training rows, `records.schema`, paired with `captions`.
        encoders: By modality, what stands in place of the default encoder
            (`tasks.default_encoder`): an encoder, a name for `encoders.pretrained`, or any layer or
            model, as `tasks.classifier` says.
        fusion: What relates the modalities before the decoder reads them: a name of
            `layers.fusion.names()` or a layer, as `layers.FusedTokens` takes it; `None` leaves that
            to the decoder. Of a single modality there is nothing to fuse. Default `"co_attention"`.
        decoder: What writes. Default `None`: a `decoders.TextDecoder` of twice the width `dim`.
            `decoders.pretrained` makes one of a language model that has learned before.
        dim: Width of the tokens, a multiple of 4. Default 64.
        dropout: Rate in the default encoders and the default decoder, in [0, 1). Default 0.1.
        modality_dropout: Rate at which whole modalities are withheld in training, in [0, 1].
            Default `None`: 0.2 where one of several is optional, else 0.
        compile: Whether to compile, with `tasks.compile_for`. Default True.
        seed: Seed of what is dropped in training by the default encoders.
        **options: Of `tasks.compile_for`: `learning_rate`, `weight_decay`, `steps` and
            `jit_compile`.

    Returns:
        The model, with the inputs of `tasks.inputs(schema)` and one of the target's name, ids
        `(batch, steps)` from the start of each text on. Its output are float32 logits
        `(batch, steps, ids)` of what comes next at each place.

    Raises:
        ValueError: If the schema's target is no text; if there is an encoder for what it has not,
            or one that cannot read what it describes; if the decoder is for another vocabulary or
            shorter texts; or if an argument is out of its range.

    Example:

    >>> from keras_multimodal.schema import Image, TextTarget
    >>> image = Image(height=16, width=16, rescale=1 / 255)
    >>> schema = Schema([image], TextTarget(length=5, vocabulary=("red", "cat")))
    >>> captioner(schema, dim=8).output.shape
    (None, 6, 6)
    """
    target = text_target(schema)
    trunk = Trunk(schema, encoders, dim, dropout, modality_dropout, seed)
    relate = fusion if len(schema.inputs) > 1 else None
    context = FusedTokens(relate, dim=dim, name=trunk.layer_name(_CONTEXT))(
        trunk.tokens, mask=trunk.masks
    )
    if decoder is None:
        decoder = TextDecoder(
            target.output_size,
            target.steps,
            2 * dim,
            dropout=dropout,
            name=trunk.layer_name("decoder"),
        )
    decoder.check_target(target)
    ids = keras.Input((target.steps,), dtype="int32", name=target.inner_name)
    model = keras.Model({**trunk.inputs, ids.name: ids}, decoder(ids, context), name="captioner")
    return compiled(model, schema, compile, options)
