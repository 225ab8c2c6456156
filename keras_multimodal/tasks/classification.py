"""A classifier of records."""

from typing import Unpack

import keras

from keras_multimodal._inner_names import inner_name
from keras_multimodal.layers import LogitFusion
from keras_multimodal.layers import fusion as fusions
from keras_multimodal.schema import ClassTarget, Schema
from keras_multimodal.tasks._heads import check_label_smoothing, class_head, class_logits
from keras_multimodal.tasks._trunk import Encoders, Trunk
from keras_multimodal.tasks.compilation import CompileOptions, compiled


def classifier(
    schema: Schema,
    *,
    encoders: Encoders | None = None,
    fusion: str | keras.layers.Layer = fusions.DEFAULT,
    dim: int = 64,
    dropout: float = 0.3,
    modality_dropout: float | None = None,
    label_smoothing: float = 0.0,
    compile: bool = True,
    seed: int | None = None,
    **options: Unpack[CompileOptions],
) -> keras.Model:
    """Return a model from a record to the probabilities of its classes, compiled.

    An encoder makes tokens of each modality, the fusion one vector of all of them, and a dense
    layer with a softmax the probabilities; of classes in an order, one score and thresholds
    (`layers.OrdinalLogits`); where a row may have several classes, a sigmoid of each. It is an
    ordinary Functional model of public parts; take it apart with `model.get_layer("fusion")`, or
    write it by hand as the README does.

    Classes of which there are few rows: `records.batch(balance=True)` shows them as often as the
    others, `model.fit(class_weight=...)` gives them more weight.

    Args:
        schema: The description of the training rows, `records.schema`, with a target of classes.
        encoders: By modality, what stands in place of the default encoder
            (`tasks.default_encoder`): an encoder; the name of a network, as for
            `encoders.pretrained`, such as `"ResNet50"`; or any layer or model of yours that makes a
            grid, tokens or a vector of the values alone. What a row lacks is shown to it as zeros,
            and masked behind it. A model with two inputs gets the presence flag, or the mask of the
            steps, for the second. A model of `keras.applications` is shown what it was trained on.
        fusion: A name of `layers.fusion.names()`, or a layer. `"logits"` or a `LogitFusion` is late
            fusion: a classifier for each modality, whose opinions are pooled. Default
            `"co_attention"`, which did best over both of the tasks of docs/fusion.md. Of a single
            modality the mean of the tokens is taken.
        dim: Width of the tokens, a multiple of 4. Default 64.
        dropout: Rate in the default encoders and before the dense layer, in [0, 1). Default 0.3.
        modality_dropout: Rate at which whole modalities are withheld in training, so that the model
            learns to do without, in [0, 1]. Default `None`: 0.2 where one of several is optional,
            else 0.
        label_smoothing: Share of the target probability that is spread over all classes, in
            [0, 1). Default 0.
        compile: Whether to compile, with `tasks.compile_for`. Default True.
        seed: Seed of what is dropped in training. Initial weights follow
            `keras.utils.set_random_seed`.
        **options: Of `tasks.compile_for`: `learning_rate`, `weight_decay`, `steps` and
            `jit_compile`.

    Returns:
        The model, with the inputs of `tasks.inputs(schema)` and the output `(batch, classes)`.
        `tasks.calibrate` fits its temperature afterwards.

    Raises:
        ValueError: If the schema has no target of classes; if there is an encoder for what it has
            not, or one that cannot read what it describes; or if an argument is out of its range.

    Example:

    >>> from keras_multimodal.schema import ClassTarget, Image, Text
    >>> text = Text(length=5, vocabulary=("cat", "dog"))
    >>> image = Image(height=16, width=16, rescale=1 / 255)
    >>> schema = Schema([image, text], ClassTarget(classes=("indoors", "outdoors")))
    >>> classifier(schema, dim=8).output.shape
    (None, 2)
    """
    target = schema.target
    if not isinstance(target, ClassTarget):
        raise ValueError(
            "`schema` must have one target of classes; pair the rows with `labels`. For several "
            "targets there is `tasks.multi_task`. "
            f"Received: target={target!r}"
        )
    check_label_smoothing(label_smoothing)
    trunk = Trunk(schema, encoders, dim, dropout, modality_dropout, seed)
    late = fusion == "logits" or isinstance(fusion, LogitFusion)
    if late and target.multi_label:
        raise ValueError(
            "`fusion` must not be late where a row may have several classes: `LogitFusion` is for "
            f"classes that exclude each other. Received: fusion={fusion!r}"
        )
    if late and len(schema.inputs) > 1:
        vectors = trunk.pooled()
        opinions = {
            name: class_logits(
                target,
                keras.layers.Dropout(dropout, seed=seed)(vector),
                f"{inner_name(name)}_logits",
            )
            for name, vector in vectors.items()
        }
        name = trunk.layer_name("fusion")
        pool = fusion if isinstance(fusion, LogitFusion) else LogitFusion(name=name)
        logits = pool(opinions)  # the masks came along
    else:
        vector = trunk.fuse("mean" if late else fusion)
        vector = keras.layers.Dropout(dropout, seed=seed, name=trunk.layer_name("dropout"))(vector)
        logits = class_logits(target, vector, trunk.layer_name("logits"))
    head = class_head(target, logits, label_smoothing, trunk.layer_name)
    model = keras.Model(trunk.inputs, head.output, name="classifier")
    return compiled(model, schema, compile, options, loss=head.loss)
