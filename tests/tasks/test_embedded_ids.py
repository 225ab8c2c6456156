"""A vocabulary larger than the embedding is refused where encoder and schema meet."""

import keras
import pytest

from keras_multimodal import export
from keras_multimodal.decoders import TextDecoder
from keras_multimodal.encoders import (
    PretrainedTextEncoder,
    RecurrentTextEncoder,
    TransformerTextEncoder,
)
from keras_multimodal.schema import ClassTarget, Image, Schema, Tabular, Text, TextTarget
from keras_multimodal.schema.tokenizer import Tokenizer
from keras_multimodal.tasks import captioner, classifier, compile_for, inputs

LAYERS = keras.layers
TEXT = Text(length=3, vocabulary=("a", "b", "c"), optional=True)  # 5 ids
SUBWORDS = Text(
    length=3, standardize=None, tokenizer=Tokenizer(config="{}", vocabulary_size=9, offset=1)
)
TABLE = Tabular(  # 4 ids
    numeric=("n",), categorical=("c",), mean=(0.0,), std=(1.0,), categories=(("p", "q"),)
)
TARGET = ClassTarget(classes=("x", "y"))


def network(ids):
    """A text network that has an embedding for so many ids, and says so nowhere."""
    given = {n: keras.Input((None,), dtype="int32", name=n) for n in ("token_ids", "padding_mask")}
    positions = LAYERS.Embedding(3, 4)(given["padding_mask"])
    return keras.Model(given, LAYERS.Embedding(ids, 4)(given["token_ids"]) + positions)


def nested(ids):
    """Embeddings behind a model's own input, and behind another model's."""
    given = keras.Input((3,), dtype="int32")
    tokens = keras.Sequential([LAYERS.Embedding(ids, 4), LAYERS.Dense(4)])(given)
    return keras.Model(given, tokens)


# What has too few ids by one, and what has enough.
TEXTS = {
    "recurrent": lambda ids: RecurrentTextEncoder(ids, 4),
    "transformer": lambda ids: TransformerTextEncoder(ids, 4, max_length=3, num_layers=1),
    "embedding": lambda ids: LAYERS.Embedding(ids, 4),
    "nested": nested,
    "begins with an encoder": lambda ids: keras.Sequential(
        [keras.Input((3,), dtype="int32"), RecurrentTextEncoder(ids, 4)]
    ),
}
FEW = r"(at most 4 ids|each of the 5 ids of 'text').*(vocabulary of 5|input_dim=4)"


@pytest.mark.parametrize("name", TEXTS)
def test_a_task_refuses_an_encoder_of_too_few_ids(name):
    schema = Schema([TEXT], TARGET)
    with pytest.raises(ValueError, match=FEW):
        classifier(schema, encoders={"text": TEXTS[name](4)}, dim=4)
    assert classifier(schema, encoders={"text": TEXTS[name](5)}, dim=4, compile=False)


@pytest.mark.parametrize("name", ["recurrent", "transformer"])
def test_an_encoder_refuses_an_input_of_more_ids(name):
    given = inputs(Schema([TEXT]))
    with pytest.raises(ValueError, match=FEW):
        TEXTS[name](4)([given["text"], given["text_present"]])
    with pytest.raises(ValueError, match=FEW):
        TEXTS[name](4)(inputs=given["text"])
    assert TEXTS[name](5)(given["text"]).shape == (None, 3, 4)


def test_a_pretrained_network_knows_its_ids():
    for ids in (7, 8):  # and padding, which the offset leaves room for
        encoder = PretrainedTextEncoder(network(ids), offset=1)
        message = rf"at most {ids + 1} ids.*vocabulary of 9.*network's own tokenizer"
        if ids == 8:
            encoder.check_modality(SUBWORDS)
            continue
        with pytest.raises(ValueError, match=message):
            encoder.check_modality(SUBWORDS)
        with pytest.raises(ValueError, match=message):
            encoder(inputs(Schema([SUBWORDS]))["text"])


def by_hand(schema, embedding, name):
    """A model that nobody has shown the schema yet."""
    given = {
        each: keras.Input(shape, dtype=dtype, name=each)
        for spec in schema.inputs
        for each, (shape, dtype) in spec.tensors.items()
    }
    vector = LAYERS.GlobalAveragePooling1D()(embedding(given[name]))
    return keras.Model(given, LAYERS.Dense(2, activation="softmax")(vector))


@pytest.mark.parametrize(
    ("spec", "name", "layer", "message"),
    [
        (TEXT, "text", LAYERS.Embedding(4, 3), r"`model` must have an embedding.*5 ids of 'text'"),
        (TEXT, "text", RecurrentTextEncoder(4, 4), "at most 4 ids"),
        (
            TABLE,
            "table_categories",
            LAYERS.Embedding(3, 3),
            r"4 ids of 'table'.*input_dim=max\(schema\['table'\]\.category_counts\)",
        ),
    ],
)
def test_a_model_meets_a_schema_where_it_is_compiled_and_exported(
    spec, name, layer, message, tmp_path
):
    schema = Schema([spec], TARGET)
    model = by_hand(schema, layer, name)
    with pytest.raises(ValueError, match=message):
        compile_for(model, schema)
    with pytest.raises(ValueError, match=message):
        export.saved_model(model, tmp_path / "served", preprocessing=schema)
    assert not (tmp_path / "served").exists()


def test_a_table_s_own_model_of_too_few_categories():
    numbers, ids = keras.Input((1,)), keras.Input((1,), dtype="int32")
    vector = LAYERS.Concatenate()([numbers, LAYERS.Flatten()(LAYERS.Embedding(3, 2)(ids))])
    with pytest.raises(ValueError, match=r"`encoders\['table'\]` must have.*4 ids of 'table'"):
        classifier(Schema([TABLE], TARGET), encoders={"table": keras.Model([numbers, ids], vector)})


def test_a_decoder_of_another_vocabulary():
    target = TextTarget(length=3, vocabulary=("a", "b", "c"))
    decoder = TextDecoder(target.output_size - 1, target.steps, 8)
    schema = Schema([Image(height=8, width=8, rescale=1 / 255)], target)
    with pytest.raises(ValueError, match=r"ids"):
        captioner(schema, decoder=decoder, dim=4)
