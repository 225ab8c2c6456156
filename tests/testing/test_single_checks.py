"""What single checks of the conformance run say, and the parts that they are made of."""

from typing import Any

import keras
import numpy as np
import pytest
from good_layers import (
    DICT_CASE,
    MASK,
    OTHER,
    OTHER_MASK,
    PAIR_CASE,
    TOKENS,
    TOKENS_CASE,
    Attend,
    Join,
    Projection,
    register,
    zero,
)
from keras import ops

from keras_multimodal.testing import run_layer_conformance
from keras_multimodal.testing._case import Case
from keras_multimodal.testing._compare import difference, expect_equal, expect_equal_mask
from keras_multimodal.testing._gradients import evaluate
from keras_multimodal.testing._leaves import Leaf, Outputs
from keras_multimodal.testing._probes import Summary

# What is loaded by this name is the later one.
SHARED_NAME = keras.saving.register_keras_serializable("tests", "SharedName")


@SHARED_NAME
class Overwritten(Projection):
    pass


@SHARED_NAME
class Overwriting(Projection):
    pass


@register
class ChangesItsInputs(Projection):
    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(inputs, np.ndarray):
            inputs /= 255
        return super().__call__(inputs, *args, **kwargs)


@register
class NamesNothing(Join):
    def call(self, inputs: Any, mask: Any = None) -> Any:
        if sorted(inputs) != self.names:
            raise ValueError("`inputs` is wrong")
        return super().call(inputs, mask)


@register
class NamesTheKnown(Join):
    def call(self, inputs: Any, mask: Any = None) -> Any:
        if sorted(inputs) != self.names:
            raise ValueError(f"`inputs` must be {self.names}")
        return super().call(inputs, mask)


@register
class TakesAnyMore(Join):
    """Ignores what it does not know."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        return super().call({name: inputs[name] for name in inputs if name in self.names}, mask)


@register
class TakesNoMasks(Projection):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = False


@register
class TwoOutputs(Projection):
    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        return (super().call(inputs, mask),) * 2

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return (previous_mask,) * 2


@register
class ShortMask(Projection):
    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return None if previous_mask is None else previous_mask[:, :3]


@register
class LeaksIntoQueries(Attend):
    """The product with a closed gate is zero, and its gradient is not."""

    def call(self, query: Any, context: Any, query_mask: Any = None, context_mask: Any = None):
        attended = super().call(query, context, query_mask, context_mask)
        leak = ops.mean(context, axis=(1, 2), keepdims=True) * zero(query, query_mask)[..., :1]
        return attended + (leak - ops.stop_gradient(leak))


@register
class HasNoLoss(Projection):
    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        x = super().call(inputs, mask)
        return zero(x + 3e38, mask) * 10.0 if training else x


@pytest.mark.parametrize(
    ("cls", "case", "check", "message"),
    [
        (Overwritten, TOKENS_CASE, "registered", "'tests>SharedName' is another class"),
        (ChangesItsInputs, TOKENS_CASE, "inputs_unchanged", "inputs changed in 72 of 72 values"),
        (NamesNothing, DICT_CASE, "dict_names", "does not name 'text': .*`inputs` is wrong"),
        (NamesTheKnown, DICT_CASE, "dict_names", "does not name 'not_a_modality': .*must be"),
        (
            TakesAnyMore,
            DICT_CASE,
            "dict_names",
            r"no error for `inputs` with the entries \['image', 'not_a_modality', 'text'\]",
        ),
        pytest.param(
            TakesNoMasks,
            TOKENS_CASE,
            "output_mask",
            "`supports_masking` is False",
            marks=pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask"),
        ),
        (TwoOutputs, TOKENS_CASE, "output_mask", "2 outputs, 1 masks or Nones expected"),
        (
            ShortMask,
            {**TOKENS_CASE, "expected_output_mask": MASK[:, :3]},
            "output_mask",
            r"the mask of output has shape \(3, 3\), the output \(3, 4, 5\)",
        ),
        (
            LeaksIntoQueries,
            PAIR_CASE,
            "masked_content_gradients",
            "at the masked places of context: the gradient of query differs in",
        ),
        (HasNoLoss, TOKENS_CASE, "fit_step", "the loss is nan"),
    ],
)
def test_a_check_says_what_is_wrong(
    cls: type, case: dict[str, Any], check: str, message: str
) -> None:
    with pytest.raises(
        AssertionError, match=rf"(?s)breaks 1 of 1 promises.*- {check}: .*{message}"
    ):
        run_layer_conformance(cls, {}, **case, checks=[check])


@pytest.mark.parametrize(
    ("actual", "expected", "found"),
    [
        (np.zeros(2), np.zeros((2, 1)), "shape (2,), not (2, 1)"),
        (np.array([1, 2]), np.array([1, 3]), "1 of 2 values, first at (1,): 2, not 3"),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf]), ""),
    ],
)
def test_a_difference_is_told_in_words(actual: Any, expected: Any, found: str) -> None:
    assert difference(actual, expected) == found


def test_outputs_of_other_names_and_masks_differ() -> None:
    one = Outputs(("output[0]",), (TOKENS,), (MASK,))
    with pytest.raises(AssertionError, match=r"twice: outputs \('output\[0\]',\), not \('output',"):
        expect_equal(one, Outputs(("output",), (TOKENS,), (MASK,)), "twice")
    with pytest.raises(AssertionError, match="the mask differs in 1 of 2 values"):
        expect_equal_mask(np.array([True, False]), [True, True], "the mask")


def test_masked_content_of_ids_and_flags_is_of_their_kind() -> None:
    there = np.array([True, False, True])
    for values, low, high in (
        (np.array([5, 7, 9]), [5, 5, 9], [5, 9, 9]),
        (np.array([True, True, False]), [True, False, False], [True, False, False]),
    ):
        leaf = Leaf("inputs", values, there)
        for fill, expected in ((float("nan"), low), (1e4, high)):
            changed = leaf.with_masked_content(fill).value
            assert changed.dtype == values.dtype
            assert changed.tolist() == expected
        assert leaf.with_mask(None).with_masked_content(1e4).value is values


def test_a_layer_without_a_mask_argument_is_given_none() -> None:
    class Carried(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs

    class Second(keras.layers.Layer):
        def call(self, query: Any, context: Any, mask: Any = None) -> Any:
            return query

    case = Case(Carried, {}, TOKENS, MASK, {}, (3, 4, 6), MASK)
    assert case.explicit_masks(case.leaves) == {}
    # `mask` is that of the first argument.
    case = Case(Second, {}, (TOKENS, OTHER), (MASK, OTHER_MASK), {}, (3, 4, 6), MASK)
    explicit = case.explicit_masks(case.leaves)
    assert list(explicit) == ["mask"]
    np.testing.assert_array_equal(explicit["mask"], MASK)


def test_a_count_stays_as_it_is_where_weights_are_moved() -> None:
    class Counting(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight(shape=(), initializer="ones")
            self.count = self.add_weight(shape=(), initializer="ones", dtype="int32")

        def call(self, inputs: Any) -> Any:
            return inputs * self.scale

    layer = Case(Counting, {}, TOKENS, None, {}, (3, 4, 6), None).make_built()
    assert int(layer.count.numpy()) == 1
    assert float(layer.scale.numpy()) != 1


def test_a_layer_built_with_given_weights_is_that_layer() -> None:
    first, second = (Case(Projection, {}, TOKENS, MASK, {}, (3, 4, 5), MASK) for _ in range(2))
    second.build(first.layer.get_weights())
    expect_equal(second.outputs(), first.outputs(), "built")
    second.layer.dense.kernel.assign(ops.zeros((6, 5)))
    second.restore()
    np.testing.assert_array_equal(second.layer.dense.kernel, first.layer.dense.kernel)


def test_a_summary_is_of_the_float_outputs(rng: Any) -> None:
    tokens = rng.normal(size=(3, 4, 6)).astype("float32")
    summary = Summary()
    summary.build()
    both = summary((tokens, np.ones((3, 4), "int32")))
    np.testing.assert_array_equal(both, summary((tokens,)))


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(Projection, {}, TOKENS, MASK, {}, (3, 4, 5), MASK)
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(RuntimeError, match=r"needs the TensorFlow or the JAX.*backend='torch'"):
        evaluate(case, case.leaves)
