"""Writing token by token says what reading a whole text does."""

import keras
import keras_hub
import numpy as np
import pytest

from keras_multimodal.decoders import PrefixDecoder, TextDecoder
from keras_multimodal.schema import TextTarget

IDS = np.array([[8, 2, 3, 5], [8, 5, 4, 4], [8, 1, 4, 7]], "int32")
CONTEXT = np.random.default_rng(0).normal(size=(3, 5, 8)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 0, 1], [0, 0, 0, 0, 0]], bool)


def backbone(**options):
    arguments = {
        "vocabulary_size": 9,
        "num_layers": 2,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 16,
        "max_sequence_length": 12,
        **options,
    }
    return keras_hub.models.GPT2Backbone(**arguments)


def text_decoder(**options):
    return TextDecoder(10, 6, dim=8, num_heads=2, **options)


def prefix_decoder(**options):
    return PrefixDecoder(backbone(), 6, prefix_length=3, num_heads=2, num_layers=1, **options)


def moved(rng, decoder):
    """Built, with weights that are all off their initial zeros and ones."""
    decoder(IDS, CONTEXT, context_mask=MASK)
    decoder.set_weights(
        [w + 0.2 * rng.normal(size=w.shape).astype(w.dtype) for w in decoder.get_weights()]
    )
    return decoder


@pytest.mark.parametrize("make", [text_decoder, prefix_decoder])
@pytest.mark.parametrize("mask", [None, MASK])
def test_steps_with_a_cache_agree_with_the_whole_text(make, mask, rng):
    decoder = moved(rng, make())
    whole = keras.ops.convert_to_numpy(decoder(IDS, CONTEXT, context_mask=mask))
    masks = None if mask is None else keras.ops.convert_to_tensor(mask)
    cache = decoder.start(keras.ops.convert_to_tensor(CONTEXT), masks, IDS.shape[1])
    for index in range(IDS.shape[1]):
        logits, cache = decoder.step(keras.ops.convert_to_tensor(IDS[:, index]), index, cache)
        np.testing.assert_allclose(logits, whole[:, index], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", [text_decoder, prefix_decoder])
def test_the_context_is_read_and_what_is_masked_in_it_is_not(make, rng):
    decoder = moved(rng, make())
    other = CONTEXT.copy()
    other[~MASK] = np.nan
    first = keras.ops.convert_to_numpy(decoder(IDS, CONTEXT, context_mask=MASK))
    np.testing.assert_allclose(decoder(IDS, other, context_mask=MASK), first, rtol=1e-5, atol=1e-6)
    changed = np.where(MASK[..., None], CONTEXT[..., ::-1], CONTEXT)
    second = keras.ops.convert_to_numpy(decoder(IDS, changed, context_mask=MASK))
    assert np.abs(second - first)[:2].max() > 1e-2
    np.testing.assert_allclose(second[2], first[2], rtol=1e-5, atol=1e-6)  # it has no context


def test_half_precision_is_that_of_float32_rounded(rng):
    decoder = moved(rng, text_decoder())
    half = text_decoder(dtype="mixed_bfloat16")
    half(IDS, CONTEXT, context_mask=MASK)
    half.set_weights(decoder.get_weights())
    full = keras.ops.convert_to_numpy(decoder(IDS, CONTEXT, context_mask=MASK))
    found = half(IDS, CONTEXT, context_mask=MASK)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    np.testing.assert_allclose(found, full, atol=0.1 * np.abs(full).max())


def test_a_language_model_stays_as_it_is_unless_it_is_to_be_trained(rng):
    frozen = moved(rng, prefix_decoder())
    names = {weight.path.split("/")[0] for weight in frozen.trainable_weights}
    own = {weight.path for weight in frozen.backbone.weights}
    assert not own & {weight.path for weight in frozen.trainable_weights}
    assert names
    trained = moved(rng, prefix_decoder(train_backbone=True))
    own = {weight.path for weight in trained.backbone.weights}
    assert own <= {weight.path for weight in trained.trainable_weights}


@pytest.mark.parametrize("offset", [0, 1])
def test_what_the_language_model_says_comes_behind_the_prefix(offset):
    """With a prefix of nothing but zeros it is what the model says of zeros and the text."""
    decoder = PrefixDecoder(backbone(), 6, 3, offset=offset, num_heads=2, num_layers=1)
    ids = IDS - (1 - offset)
    decoder(ids, CONTEXT)
    decoder._projection.set_weights([0 * w for w in decoder._projection.get_weights()])
    model = decoder.backbone
    embedded = model.token_embedding(ids - offset)
    x = keras.ops.concatenate([keras.ops.zeros((3, 3, 8)), embedded], axis=1)
    x = x + keras.ops.convert_to_tensor(model.position_embedding.position_embeddings)[None, :7]
    for layer in model.transformer_layers:
        x = layer(x)
    logits = model.token_embedding(model.layer_norm(x), reverse=True)[:, 3:]
    found = decoder(ids, CONTEXT)
    np.testing.assert_allclose(found[..., offset:], logits, rtol=1e-4, atol=1e-5)
    if offset:
        assert np.max(keras.ops.convert_to_numpy(found)[..., 0]) < -1e8  # padding is never written


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: TextDecoder(3, 5), ValueError, "`vocabulary_size` must be at least 4"),
        (lambda: TextDecoder(9, 0), ValueError, "`length` must be at least 1"),
        (lambda: TextDecoder(9, 5, dim=10), ValueError, "`dim` must be a positive multiple of"),
        (lambda: TextDecoder(9, 5, num_layers=0), ValueError, "`num_layers` must be at least 1"),
        (lambda: TextDecoder(9, 5, dropout=1.0), ValueError, r"`dropout` must be in \[0, 1\)"),
        (
            lambda: TextDecoder(9, 5, intermediate_dim=0),
            ValueError,
            "`intermediate_dim` must be at least 1",
        ),
        (lambda: text_decoder()(IDS, CONTEXT[0]), ValueError, r"`context` must be \(batch"),
        (lambda: text_decoder()(np.ones((3, 7), "int32"), CONTEXT), ValueError, "at most 6"),
        (
            lambda: text_decoder().check_target(TextTarget(length=9, vocabulary=("a",))),
            ValueError,
            "must be for 5 ids and texts of 10.*one for 10 ids and texts of 6",
        ),
        (
            lambda: PrefixDecoder(keras.Sequential([keras.layers.Dense(2)]), 5),
            TypeError,
            "`backbone` must be a GPT2Backbone of keras_hub",
        ),
        (lambda: PrefixDecoder(backbone(), 6, 7), ValueError, "must add up to at most 12"),
        (lambda: PrefixDecoder(backbone(), 6, offset=2), ValueError, "`offset` must be 0 or 1"),
        (lambda: PrefixDecoder(backbone(), 6, 0), ValueError, "`prefix_length` must be at least 1"),
    ],
)
def test_bad_arguments_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
