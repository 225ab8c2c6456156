"""The transformers are PyTorch's, with the same weights."""

import keras
import numpy as np
import pytest
import torch

from keras_multimodal.encoders import PatchImageEncoder, TransformerTextEncoder

IDS = np.array([[3, 1, 4, 0], [5, 2, 0, 0], [0, 7, 6, 2]], "int32")
PICTURES = np.random.default_rng(3).random((3, 4, 6, 3)).astype("float32")
OPTIONS = {"dim": 8, "num_layers": 2, "num_heads": 2, "intermediate_dim": 5}
TEXT = {"vocabulary_size": 9, "max_length": 6}


def randomized(rng, encoder, inputs):
    encoder(inputs)
    for variable in encoder.weights:
        variable.assign(rng.uniform(-0.7, 0.7, variable.shape))
    return encoder


def arrays(encoder):
    """The weights by the end of their path."""
    return {
        variable.path.split("/", 1)[1]: torch.tensor(keras.ops.convert_to_numpy(variable))
        for variable in encoder.weights
    }


def of_torch(encoder, tokens, mask=None):
    """What PyTorch's transformer makes of tokens with the encoder's weights."""
    weights = {name.removeprefix("transformer/"): value for name, value in arrays(encoder).items()}
    layer = torch.nn.TransformerEncoderLayer(
        8, 2, 5, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    model = torch.nn.TransformerEncoder(
        layer, 2, norm=torch.nn.LayerNorm(8), enable_nested_tensor=False
    )
    state = {"norm.weight": weights["normalization/gamma"]}
    state["norm.bias"] = weights["normalization/beta"]
    for i in range(2):
        ours = {
            name.removeprefix(f"block_{i}/"): value
            for name, value in weights.items()
            if name.startswith(f"block_{i}/")
        }
        theirs = f"layers.{i}."
        kernels, biases = (
            [ours[f"attention/{part}_projection/{end}"] for part in ("query", "context")]
            for end in ("kernel", "bias")
        )
        state[theirs + "self_attn.in_proj_weight"] = torch.cat(kernels, 1).T
        state[theirs + "self_attn.in_proj_bias"] = torch.cat(biases)
        for name, path in (
            ("self_attn.out_proj", "attention/output_projection"),
            ("linear1", "feed_forward/hidden"),
            ("linear2", "feed_forward/output"),
        ):
            state[f"{theirs}{name}.weight"] = ours[f"{path}/kernel"].T
            state[f"{theirs}{name}.bias"] = ours[f"{path}/bias"]
        for number, path in ((1, "query_normalization"), (2, "feed_forward/normalization")):
            state[f"{theirs}norm{number}.weight"] = ours[f"{path}/gamma"]
            state[f"{theirs}norm{number}.bias"] = ours[f"{path}/beta"]
    model.load_state_dict(state)
    padding = None if mask is None else ~torch.tensor(mask)
    with torch.no_grad():
        return model.eval()(tokens, src_key_padding_mask=padding).numpy()


def test_text_is_embeddings_in_pytorchs_transformer(rng):
    encoder = randomized(rng, TransformerTextEncoder(**TEXT, **OPTIONS), IDS)
    weights = arrays(encoder)
    tokens = weights["embedding/embeddings"][IDS] + weights["positions/embeddings"][:4]
    mask = IDS > 0
    expected = np.where(mask[..., None], of_torch(encoder, tokens, mask), 0)
    np.testing.assert_allclose(encoder(IDS), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("class_token", [False, True])
def test_patches_are_projected_into_pytorchs_transformer(class_token, rng):
    encoder = PatchImageEncoder(patch_size=2, class_token=class_token, **OPTIONS)
    weights = arrays(randomized(rng, encoder, PICTURES))
    kernel, bias = weights["patches/kernel"], weights["patches/bias"]
    rows, columns = (weights[f"positions/{axis}_embeddings"] for axis in ("row", "column"))
    tokens = [
        torch.tensor(PICTURES[:, 2 * r : 2 * r + 2, 2 * c : 2 * c + 2].reshape(3, -1))
        @ kernel.reshape(-1, 8)
        + bias
        + rows[r]
        + columns[c]
        for r in range(2)
        for c in range(3)
    ]
    if class_token:
        tokens = [weights["class_token"].expand(3, 8), *tokens]
    expected = of_torch(encoder, torch.stack(tokens, 1))
    assert expected.shape == (3, 6 + class_token, 8)
    np.testing.assert_allclose(encoder(PICTURES), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [(None, 8), (8, None)])
def test_pictures_of_unknown_size_have_an_unknown_number_of_patches(size):
    assert PatchImageEncoder(8, 2).compute_output_shape((5, *size, 3)) == (5, None, 8)


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (PatchImageEncoder, {"patch_size": 0}, "`patch_size` must be at least 1"),
        (PatchImageEncoder, {"num_heads": 3}, r"`num_heads` must divide `dim`.*num_heads=3, dim=8"),
        (PatchImageEncoder, {"num_layers": 0}, "`num_layers` must be at least 1"),
        (PatchImageEncoder, {"dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
        (TransformerTextEncoder, {**TEXT, "max_length": 0}, "`max_length` must be at least 1"),
        (TransformerTextEncoder, {**TEXT, "vocabulary_size": 1}, "`vocabulary_size` must be at"),
        (TransformerTextEncoder, {**TEXT, "num_heads": 0}, "`num_heads` must be at least 1"),
        (TransformerTextEncoder, {**TEXT, "intermediate_dim": 0}, "`intermediate_dim` must be"),
        (TransformerTextEncoder, {**TEXT, "dropout": -0.1}, r"`dropout` must be in \[0, 1\)"),
    ],
)
def test_wrong_arguments_are_refused(cls, options, message):
    with pytest.raises(ValueError, match=message):
        cls(**{"dim": 8, **options})


@pytest.mark.parametrize(
    ("encoder", "inputs", "message"),
    [
        (PatchImageEncoder(8, 4), np.zeros((2, 8, 6, 3), "float32"), "divided by `patch_size=4`"),
        (PatchImageEncoder(8, 4), keras.Input((None, 8, 3)), "height and width are known"),
        (PatchImageEncoder(8, 4), np.zeros((2, 8, 8, 3), "uint8"), "float dtype.*uint8"),
        (TransformerTextEncoder(9, 8, 6), IDS.astype("float32"), "integer dtype.*float32"),
        (TransformerTextEncoder(9, 8, 6), IDS[0], r"token ids of shape \(batch, length\)"),
        (TransformerTextEncoder(9, 8, 3), IDS, "`max_length=3`. Received: length 4"),
    ],
)
def test_wrong_inputs_are_refused(encoder, inputs, message):
    with pytest.raises(ValueError, match=message):
        encoder(inputs)
