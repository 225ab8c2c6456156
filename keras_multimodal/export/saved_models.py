"""One SavedModel from raw bytes and strings to probabilities."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from keras_multimodal._folders import replace_folder
from keras_multimodal._inner_names import inner_name, served_names
from keras_multimodal.data import Preprocessor
from keras_multimodal.export._answers import without_answers
from keras_multimodal.export._checks import (
    check_inputs,
    check_outputs,
    check_probabilities,
    model_input,
)
from keras_multimodal.export._signature import Signature, write_signature
from keras_multimodal.export._writing import Writing
from keras_multimodal.schema import (
    ClassTarget,
    NumberTarget,
    PairTarget,
    Schema,
    Targets,
    TextTarget,
)
from keras_multimodal.schema.targets import probabilities_name
from keras_multimodal.tasks import conditioning, tower


def saved_model(
    model: keras.Model,
    directory: str | os.PathLike[str],
    preprocessing: Schema | Preprocessor,
    overwrite: bool = False,
    *,
    sampler: Any = None,
    max_length: int | None = None,
) -> None:
    """Write a trained model and its preprocessing as one TensorFlow SavedModel.

    Its signature `serving_default` takes raw cells, as `Preprocessor.raw_signature` describes them:
    for most modalities a `(batch,)` string tensor of the modality's name, with encoded pictures or
    texts. Names that not every client can write, such as "说明", "class" or "1st", are changed;
    `signature.json` in the folder has them beside yours, for inputs and outputs.
    An empty string says that a row lacks an optional modality. The preprocessing is
    `keras_multimodal.data.Preprocessor`, which made the training batches. The folder needs
    TensorFlow and nothing else, but for texts that are normalised or cut by a keras_hub tokenizer,
    which need `import tensorflow_text`; this package need not be installed where it is loaded. The
    schema travels along, as `assets.extra/schema.json`.

    Every row is answered, whatever the others are. A picture or a recording that can't be read
    counts as absent; `<modality>_status`, `(batch,)` int32, is 0 where a cell is fine, else a code
    that `signature.json` in the folder explains. Where the modality is not optional, the row's
    numbers are NaN and its label is empty. Columns that differ in their number of rows are refused.

    The signature returns what the model returns, by name; a model that returns one tensor has it
    under `"probabilities"` if the schema's target are classes, under the target's name if they are
    numbers, else under `"output"`. A retriever's signature returns the vectors of each tower by its
    name, and there is a signature of each tower's name that takes its columns alone and returns
    `"embedding"`. A captioner's returns the texts that it writes, `(batch,)` strings under the
    target's name, and stands there as `generate` too. Half precision becomes float32. For a target
    with classes there is also `"label"`, `(batch,)` strings: the name of the most probable class;
    or, where a row may have several, `(batch, classes)` bool: those with a probability of a half or
    more. Of several targets each has these under names of its own: `"<target>"` for the class, as
    `"label"` is, and `"<target>_probabilities"`; numbers have `"<target>"`.

    The graph is not compiled by XLA, whatever the model was compiled with, so that it runs
    wherever TensorFlow does, with any number of rows.

    Args:
        model: A Functional or Sequential model whose inputs are those that the schema describes,
            by name. It returns one tensor, or a dict of tensors by name; `(batch, classes)`
            probabilities are among them if the schema has a target of classes. Of several targets
            it returns each by its name.
        directory: The folder to write. It appears whole or not at all.
        preprocessing: The schema of the training rows, `records.schema`, or a preprocessor made
            from it.
        overwrite: Whether a SavedModel that stands there may be replaced. Default False.
        sampler: How a captioner chooses its tokens, as for `inference.TextGenerator.generate`.
            Default `None`: the most probable, `"greedy"`.
        max_length: The most tokens that a captioner writes. Default `None`: as many as the target
            has.

    Raises:
        TypeError: If `preprocessing` is neither a schema nor a preprocessor.
        ValueError: If the model's inputs or outputs do not fit the schema; if `directory` is not
            empty and `overwrite` is False, or holds something other than a SavedModel; if a sampler
            or a length is given for a target that is no text, or out of its range; or if Keras runs
            on another backend than TensorFlow.

    Example:

    >>> import tempfile
    >>> from keras_multimodal.schema import ClassTarget, Schema, Text
    >>> text = Text(length=3, vocabulary=("sunny", "rain"))
    >>> schema = Schema([text], ClassTarget(classes=("dry", "wet")))
    >>> ids = keras.Input((3,), dtype="int32", name="text")
    >>> tokens = keras.layers.Embedding(text.vocabulary_size, 2)(ids)
    >>> tokens = keras.layers.GlobalAveragePooling1D()(tokens)
    >>> model = keras.Model({"text": ids}, keras.layers.Dense(2, "softmax")(tokens))
    >>> folder = tempfile.mkdtemp()
    >>> saved_model(model, folder, preprocessing=schema)
    >>> serve = tf.saved_model.load(folder).signatures["serving_default"]
    >>> answer = serve(text=tf.constant(["Rain, rain!", "sunny"]))
    >>> answer["probabilities"].shape, answer["label"].dtype
    (TensorShape([2, 2]), tf.string)
    """
    if keras.config.backend() != "tensorflow":
        raise ValueError(
            "A SavedModel must be written on Keras' TensorFlow backend; weights saved on another "
            "load there: set KERAS_BACKEND=tensorflow. "
            f"Received: backend {keras.config.backend()!r}"
        )
    preprocessor = _as_preprocessor(preprocessing)
    schema = preprocessor.schema
    towers: dict[str, keras.Model] = {}
    writing: Writing | None = None
    parts: list[Any] = []
    if isinstance(schema.target, TextTarget):
        model, decoder = conditioning(model, schema)
        writing = Writing(decoder, schema.target, sampler or "greedy", max_length)
        parts = [decoder, writing]
    elif sampler is not None or max_length is not None:
        raise ValueError(
            "`sampler` and `max_length` must come with a target that is a text. "
            f"Received: sampler={sampler!r}, max_length={max_length} and the target {schema.target}"
        )
    elif isinstance(schema.target, PairTarget):
        towers = {name: tower(model, schema, name) for name in schema.target.names}
        # Scale and bias are the loss's business.
        vectors = {name: each.output for name, each in towers.items()}
        model = keras.Model({each.name: each for each in model.inputs}, vectors, name=model.name)
    check_inputs(model, schema)
    check_outputs(model, schema)
    check_probabilities(model, schema)

    signature = Signature(preprocessor)

    def serve(raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        served = preprocessor.serve(signature.cells(raw))
        inputs = keras.tree.map_structure(
            lambda tensor: served.inputs[tensor.name], model_input(model)
        )
        outputs = model(inputs, training=False)
        named = _named_outputs(outputs, schema) if writing is None else writing(outputs)
        if isinstance(schema.target, PairTarget):
            for name, members in schema.target.towers:
                used = [served.used[each] for each in members if each in served.used]
                named.update(without_answers({name: named[name]}, used))
        else:
            named = without_answers(named, served.used.values())
        return signature.answer(named, served)

    with replace_folder(directory, overwrite, marker="saved_model.pb") as partial:
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.track(preprocessor)  # its lookup tables, which an endpoint alone would not carry
        for part in parts:
            archive.track(part)
        signatures, endpoints = {}, {}
        for name in ["serving_default"] if writing is None else ["serving_default", "generate"]:
            signatures[name] = signature
            endpoints[name] = archive.add_endpoint(name, serve, [signature.specs])
        for tower_name, name in served_names(towers).items():
            tower_model = towers[tower_name]
            used = [m for m in schema.inputs if not set(m.tensors).isdisjoint(tower_model.input)]
            signatures[name], endpoints[name] = _add_tower(
                archive, tower_model, Preprocessor(Schema(used)), name
            )
        archive.write_out(partial, verbose=False)
        write_signature(partial, endpoints, signatures)
        extra = partial / "assets.extra"
        extra.mkdir()
        (extra / "schema.json").write_text(schema.to_json(), encoding="utf-8")


def _add_tower(
    archive: keras.export.ExportArchive, model: keras.Model, preprocessor: Preprocessor, name: str
) -> tuple[Signature, Callable[..., Any]]:
    """Add a signature of one tower, from its raw cells to its vectors."""

    signature = Signature(preprocessor)

    def embed(raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        served = preprocessor.serve(signature.cells(raw))
        vectors = {"embedding": _widen(model(served.inputs, training=False))}
        return signature.answer(without_answers(vectors, served.used.values()), served)

    archive.track(preprocessor)
    return signature, archive.add_endpoint(name, embed, [signature.specs])


def _as_preprocessor(preprocessing: Any) -> Preprocessor:
    if isinstance(preprocessing, Preprocessor):
        return preprocessing
    if isinstance(preprocessing, Schema):
        return Preprocessor(preprocessing)
    raise TypeError(
        "`preprocessing` must be a keras_multimodal.schema.Schema, such as `records.schema`, or a "
        f"data.Preprocessor. Received: preprocessing of type {type(preprocessing).__name__}"
    )


def _named_outputs(outputs: Any, schema: Schema) -> dict[str, tf.Tensor]:
    if not isinstance(outputs, dict):
        name = "probabilities" if isinstance(schema.target, ClassTarget) else "output"
        name = schema.target.name if isinstance(schema.target, NumberTarget) else name
        outputs = {name: outputs}
    named = {name: _widen(tensor) for name, tensor in outputs.items()}
    if isinstance(schema.target, Targets):
        named = {name: named[inner_name(name)] for name in schema.target.names}
    if isinstance(schema.target, ClassTarget):
        named["label"] = _label(schema.target, named["probabilities"])
    elif isinstance(schema.target, Targets):
        for target in schema.target:
            if isinstance(target, ClassTarget):
                probabilities = named[target.name]
                named[probabilities_name(target.name)] = probabilities
                named[target.name] = _label(target, probabilities)
    return named


def _label(target: ClassTarget, probabilities: tf.Tensor) -> tf.Tensor:
    """Return the most probable class, `(batch,)`; or all as probable as not, `(batch, classes)`.

    Of probabilities that are no numbers none is the highest, and the class is empty.
    """
    if target.multi_label:
        return probabilities >= 0.5
    best = tf.argmax(probabilities, axis=-1)  # (batch,)
    numbers = tf.reduce_all(tf.math.is_finite(probabilities), axis=-1)
    return tf.where(numbers, tf.gather(tf.constant(target.classes), best), "")


def _widen(tensor: tf.Tensor) -> tf.Tensor:
    """Cast half precision to float32, which every client reads."""
    half = tensor.dtype in (tf.float16, tf.bfloat16)
    return tf.cast(tensor, tf.float32) if half else tensor
