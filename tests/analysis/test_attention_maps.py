"""What of a picture is attended to: the fusion's own weights, on the grid of the picture."""

import io

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import data
from keras_multimodal.analysis import PictureAttention, attention_maps
from keras_multimodal.encoders import (
    ConvImageEncoder,
    PatchImageEncoder,
    PretrainedImageEncoder,
    ResidualImageEncoder,
)
from keras_multimodal.layers import fusion
from keras_multimodal.tasks import classifier


@pytest.fixture
def records(rng):
    """Pictures of 16 by 8 pixels, of which the second row has none, and texts."""
    pictures = rng.integers(0, 256, (2, 16, 8, 3)).astype("uint8")
    images = data.ImageStream(rescale=1 / 255).flow(pictures, keys=["a", "c"])
    texts = pd.Series({"a": "red", "b": "blue", "c": "red blue"})
    texts = data.TextProcessor(length=3).load_data(texts)
    labels = pd.Series({"a": "x", "b": "y", "c": "x"})
    return (
        data.pair(images, texts, labels=labels, on_missing="mask").select(["a", "b", "c"]).adapt()
    )


def test_the_grid_is_brought_to_the_picture_s_size(records, tmp_path):
    schema = records.schema
    cross = fusion.get("cross_attention", anchor="text", num_heads=2)
    encoder = keras.layers.Conv2D(4, 4, strides=4, name="grid")
    model = classifier(schema, encoders={"image": encoder}, fusion=cross, dim=8)
    found = attention_maps(model, records, batch_size=2)
    assert found.keys == ["a", "b", "c"]
    assert found.weights.shape == (3, 4, 2)
    assert found.maps.shape == (3, 16, 8)

    # The layer's own scores: over both heads, and over one word and two.
    batch = next(iter(records.batch(3)))[0]
    wrapper = model.get_layer("fusion")
    tokens = keras.Model(
        model.input, [model.get_layer(x).output for x in ("image_tokens", "text_encoder")]
    )
    places, words = tokens(batch)
    projected = wrapper._projection({"image": places, "text": words})
    there = np.array([[1, 0, 0], [1, 0, 0], [1, 1, 0]], bool)
    _, scores = cross.layer(
        projected["text"],
        projected["image"],
        query_mask=there,
        context_mask=np.repeat([[True], [False], [True]], 8, 1),
        return_attention_scores=True,
    )
    expected = np.asarray(scores).mean(1).sum(1) / there.sum(1, keepdims=True)
    np.testing.assert_allclose(found.weights.reshape(3, 8), expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.weights.sum((1, 2)), [1, 0, 1], rtol=1e-5)
    # Row by row of the grid: each place's middle has about its weight.
    middles = found.maps[2, 2::4, 2::4]
    assert middles.ravel().argmax() == found.weights[2].ravel().argmax()
    np.testing.assert_allclose(found.pictures, batch["image"])

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(attention_maps(loaded, records).maps, found.maps, rtol=1e-5)


@pytest.mark.parametrize(
    "name", ["co_attention", "merged_attention", "cross_attention", "gated_cross_attention"]
)
def test_attention_is_to_the_places_that_a_fusion_attends_to(name, rng):
    options = {"anchor": "text"} if "cross" in name else {}
    layer = fusion.get(name, num_heads=2, **options)
    tokens = {
        each: rng.normal(size=(3, length, 4)).astype("float32")
        for each, length in (("image", 6), ("sensor", 2), ("text", 5))
    }
    masks = {each: np.ones(x.shape[:2], bool) for each, x in tokens.items()}
    masks["image"][0, 4:] = False
    masks["image"][1] = False
    masks["text"][0, 1:] = masks["text"][2] = masks["sensor"][2] = False
    layer(tokens, mask=masks)
    found = np.asarray(layer.attention_to("image", tokens, mask=masks))
    assert found.shape == (3, 6)
    assert (found[0, :4] > 0).all()
    assert not found[0, 4:].any()
    assert not found[1:].any()  # without a picture, and without anything that looks at it
    order = [3, 1, 0, 2, 5, 4]
    moved = {**tokens, "image": tokens["image"][:, order]}
    moved_masks = {**masks, "image": masks["image"][:, order]}
    np.testing.assert_allclose(
        layer.attention_to("image", moved, mask=moved_masks), found[:, order], rtol=1e-4, atol=1e-6
    )
    # What stands at masked places plays no role.
    for each, x in tokens.items():
        tokens[each] = np.where(masks[each][..., None], x, np.float32(1e4))
    again = layer.attention_to("image", tokens, mask=masks)
    np.testing.assert_allclose(again, found, rtol=1e-5, atol=1e-7)


def test_co_attention_in_numbers(rng):
    layer = fusion.get("co_attention", num_heads=1, self_attention=False)
    image, text = (rng.normal(size=(1, n, 4)).astype("float32") for n in (3, 2))
    layer({"image": image, "text": text})

    def projected(x, index):
        normal = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        kernel, bias = layer._projections[index].get_weights()
        return np.split((normal @ kernel + bias)[0], 3, axis=-1)

    (queries, _, _), (_, keys, _) = projected(text, 1), projected(image, 0)
    scores = np.exp(queries @ keys.T / 2)
    expected = (scores / scores.sum(1, keepdims=True)).mean(0)
    found = layer.attention_to("image", {"image": image, "text": text})
    np.testing.assert_allclose(found[0], expected, rtol=1e-4)


def test_the_grids_of_the_encoders():
    shape = (None, 21, 12, 3)
    network = keras.Sequential([keras.Input((21, 12, 3)), keras.layers.Conv2D(4, 3, 3)])
    pooled = keras.Sequential([keras.Input((21, 12, 3)), keras.layers.GlobalMaxPooling2D()])
    for encoder, grid in (
        (ConvImageEncoder(4, filters=(2, 2)), (6, 3)),
        (ResidualImageEncoder(4, filters=(2, 2)), (6, 3)),
        (PatchImageEncoder(4, patch_size=3), (7, 4)),
        (PatchImageEncoder(4, patch_size=3, class_token=True), (7, 4)),
        (PretrainedImageEncoder(network, mean=()), (7, 4)),
        (PretrainedImageEncoder(pooled, mean=()), None),
    ):
        assert encoder.grid(shape) == grid
        tokens = encoder.compute_output_shape(shape)[1]
        assert tokens == (1 if grid is None else grid[0] * grid[1]) + getattr(
            encoder, "class_token", False
        )


def test_a_class_token_is_no_place(records):
    encoder = PatchImageEncoder(8, patch_size=4, num_layers=1, class_token=True)
    model = classifier(records.schema, encoders={"image": encoder}, dim=8, compile=False)
    found = attention_maps(model, records.select(["c", "b"]), "image")
    assert found.weights.shape == (2, 4, 2)
    assert 0 < found.weights[0].sum() < 1  # the rest goes to the class token
    assert not found.maps[1].any()


def test_maps_are_drawn_over_their_pictures(rng):
    maps = rng.random((3, 6, 4)).astype("float32")
    pictures = rng.normal(size=(3, 6, 4, 3)).astype("float32")
    attention = PictureAttention(["$a", "b", "c"], maps, maps, pictures)
    figure = attention.figure(columns=2)
    assert [axes.get_title() for axes in figure.axes] == ["$a", "b", "c"]
    (panel,) = attention.figure(["c"]).axes
    shown, heat = (each.get_array() for each in panel.images)
    assert (shown.min(), shown.max()) == (0, 1)
    np.testing.assert_array_equal(heat, maps[2])
    figure.savefig(io.BytesIO())
    with pytest.raises(ValueError, match=r"`keys` must be of rows among these 3.*\['d'\]"):
        attention.figure(["a", "d"][1:])
    with pytest.raises(ValueError, match=r"`columns` must be at least 1"):
        attention.figure(columns=0)


def test_models_without_such_attention_say_what_to_do(records):
    schema = records.schema

    def model(**options):
        return classifier(schema, dim=8, compile=False, **options)

    with pytest.raises(ValueError, match=r"'co_attention'.*by GatedFusion.*modality_weights"):
        attention_maps(model(fusion="gated"), records)
    with pytest.raises(ValueError, match=r"that the anchor attends to.*the anchor 'image'"):
        attention_maps(model(fusion="cross_attention"), records)
    pooled = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
    with pytest.raises(ValueError, match=r"places of a grid.*tokens \(None, 1, 3\) of 'image_tok"):
        attention_maps(model(encoders={"image": pooled}), records)
    with pytest.raises(ValueError, match=r"`modality` must be one of the pictures \['image'\]"):
        attention_maps(model(), records, "text")
    alone = records.select_modalities("image")
    with pytest.raises(ValueError, match=r"must fuse 'image' with other modalities once"):
        attention_maps(classifier(alone.schema, dim=8, compile=False), alone)
