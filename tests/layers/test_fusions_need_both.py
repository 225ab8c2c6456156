"""Every fusion learns a task of which neither modality alone says anything."""

import keras
import numpy as np
import pytest
from anchor_vector import anchor_vector

from keras_multimodal.layers import MaskedMeanPooling, fusion

pytestmark = [
    pytest.mark.skipif(
        keras.backend.backend() != "tensorflow",
        reason="minutes of training; references are compared on JAX too",
    ),
    # keras: of the modality whose tokens are not read, the last block has none.
    pytest.mark.filterwarnings("ignore:Gradients do not exist"),
]
LENGTH, DIM, BATCH, STEPS, TEST_ROWS = 3, 16, 128, 100, 500
NAMES = ("left", "right")
FILLER = 2
# One block is enough where it takes up the other modality; tracing the blocks takes the time.
OPTIONS = {
    "cross_modal_transformer": {"num_layers": 1, "num_self_attention_layers": 0},
    "perceiver": {"num_layers": 1},
    "q_former": {"num_layers": 1},
}
# Late fusion adds up an opinion on each code, and no such sum tells whether two codes differ.
LEARNING = [name for name in fusion.names() if name != "logits"]


def make_rows(rng, rows):
    """A code, 0 or 1, of each modality, and whether they differ.

    The code is one token among others that say nothing; masked places hold wrong codes too.
    """
    inputs, codes = {}, []
    for name in NAMES:
        code = rng.integers(0, 2, rows)
        lengths = rng.integers(1, LENGTH + 1, rows)
        tokens = np.full((rows, LENGTH), FILLER)
        tokens[np.arange(rows), rng.integers(0, lengths)] = code
        there = np.arange(LENGTH) < lengths[:, None]
        inputs[name] = np.where(there, tokens, rng.integers(0, 2, tokens.shape)).astype("int32")
        inputs[f"{name}_mask"] = there
        codes.append(code)
    return inputs, (codes[0] != codes[1]).astype("int32")


def accuracy(rng, make_vector):
    """On rows not seen before, of a classifier of what `make_vector` makes of tokens and masks."""
    keras.utils.set_random_seed(0)
    numbers = {name: keras.Input((LENGTH,), dtype="int32", name=name) for name in NAMES}
    masks = {name: keras.Input((LENGTH,), dtype="bool", name=f"{name}_mask") for name in NAMES}
    spread = keras.initializers.RandomNormal(stddev=1.0)
    tokens = {
        name: keras.layers.Embedding(FILLER + 1, DIM, embeddings_initializer=spread)(own)
        for name, own in numbers.items()
    }
    hidden = keras.layers.Dense(32, activation="relu")(make_vector(tokens, masks))
    inputs = {**numbers, **{f"{name}_mask": mask for name, mask in masks.items()}}
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(hidden))
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", jit_compile=False)
    x, y = make_rows(rng, BATCH * STEPS)
    model.fit(x, y, BATCH, verbose=0)
    x, y = make_rows(rng, TEST_ROWS)
    return np.mean(keras.ops.convert_to_numpy(model(x)).argmax(axis=1) == y)


@pytest.mark.parametrize("name", LEARNING)
def test_a_fusion_learns_what_takes_both(name, rng):
    layer = fusion.get(name, **OPTIONS.get(name, {}))
    assert accuracy(rng, lambda tokens, masks: anchor_vector(layer, tokens, masks)) > 0.95


@pytest.mark.parametrize("name", NAMES)
def test_what_ignores_a_modality_learns_nothing(name, rng):
    """Half of the rows are right by chance: five standard errors of it are 0.11."""

    def alone(tokens, masks):
        return MaskedMeanPooling()(tokens[name], mask=masks[name])

    assert accuracy(rng, alone) < 0.61
