"""What stands at a masked place must not matter, to the outputs and to the gradients."""

import dataclasses

import numpy as np

from keras_multimodal.testing._case import Case
from keras_multimodal.testing._compare import (
    difference,
    expect_equal,
    expect_equal_mask,
    expect_finite,
)
from keras_multimodal.testing._gradients import evaluate
from keras_multimodal.testing._leaves import Leaf, Outputs, widen

_FILLS = (1e4, float("nan"))


def output_mask(case: Case) -> None:
    """Each output carries the expected mask, and the mask is boolean."""
    if case.masked and not case.layer.supports_masking:
        raise AssertionError("`supports_masking` is False, so Keras drops the masks")
    outputs = case.outputs()
    if len(outputs.values) != len(case.expected_masks):
        raise AssertionError(
            f"{len(outputs.values)} outputs, {len(case.expected_masks)} masks or Nones expected"
        )
    for name, value, actual, expected in zip(
        outputs.labels, outputs.values, outputs.masks, case.expected_masks, strict=True
    ):
        expect_equal_mask(actual, expected, f"the mask of {name}")
        if actual is not None and actual.dtype != bool:
            raise AssertionError(f"the mask of {name} is {actual.dtype}")
        if actual is not None and actual.shape != value.shape[: actual.ndim]:
            raise AssertionError(
                f"the mask of {name} has shape {actual.shape}, the output {value.shape}"
            )


def explicit_mask(case: Case) -> None:
    """A mask given as an argument acts as the one that a tensor carries."""
    if not case.explicit_masks(case.leaves):
        return
    expect_equal(
        case.call(case.layer, explicit_masks=True),
        case.outputs(),
        "with explicit masks",
        # Keras sets the output's mask from the masks that tensors carry.
        masks=False,
    )


def without_mask(case: Case) -> None:
    """A mask that is True everywhere acts as no mask."""
    carried = [i for i in case.masked if case.leaves[i].flag is None]
    for group in _groups(carried):
        names = " and ".join(case.leaves[i].label for i in group)
        everywhere = {i: case.leaves[i].with_mask(np.ones_like(case.leaves[i].mask)) for i in group}
        nowhere = {i: case.leaves[i].with_mask(None) for i in group}
        expect_equal(
            case.outputs(case.replace(nowhere)),
            evaluate(case, case.replace(everywhere)).outputs,
            f"with no mask on {names}",
            masks=False,
        )


def masked_content(case: Case) -> None:
    """What stands at masked places changes no valid output, and makes none NaN."""
    expected = case.outputs()
    for i in case.masked:
        for fill in _FILLS:
            changed = case.replace({i: case.leaves[i].with_masked_content(fill)})
            what = f"with {fill:g} at the masked places of {case.leaves[i].label}"
            outputs = evaluate(case, changed).outputs
            expect_finite(outputs, what)
            _expect_equal_where_valid(outputs, expected, what)


def masked_content_gradients(case: Case) -> None:
    """What stands at masked places changes no gradient, and gets none."""
    for i in case.masked:
        _expect_no_gradient_leak(case, case.leaves, i)


def all_masked_row(case: Case) -> None:
    """A row with nothing valid is finite, carries nothing, and leaves the other rows alone."""
    expected = case.outputs()
    for group in _groups(case.masked):
        names = " and ".join(case.leaves[i].label for i in group)
        what = f"with the first row of {names} masked"
        leaves = case.replace({i: _mask_first_row(case.leaves[i]) for i in group})
        outputs = evaluate(case, leaves).outputs
        expect_finite(outputs, what)
        expect_equal(_rows_but_first(outputs), _rows_but_first(expected), f"{what}, other rows")
        if group == case.masked and case.all_maskable:
            for name, mask in zip(outputs.labels, outputs.masks, strict=True):
                if mask is not None and mask[0].any():
                    raise AssertionError(f"{what}: {name} has valid places in that row")
        for fill in _FILLS:
            changed = case.replace({i: leaves[i].with_masked_content(fill) for i in group})
            again = evaluate(case, changed).outputs
            expect_finite(again, f"{what} and {fill:g} there")
            _expect_equal_where_valid(again, outputs, f"{what} and {fill:g} there")
        for i in group:
            _expect_no_gradient_leak(case, leaves, i, f"{what}, ")


def trailing_padding(case: Case) -> None:
    """Masked places appended to the length change nothing."""
    if not any(leaf.has_length for leaf in case.leaves):
        return
    expected = case.outputs()
    longer = {i: _pad(leaf) for i, leaf in enumerate(case.leaves) if leaf.has_length}
    padded = evaluate(case, case.replace(longer)).outputs
    what = "with two masked places appended"
    for i, name in enumerate(expected.labels):
        before, after = expected.values[i], padded.values[i]
        mask_before, mask_after = expected.masks[i], padded.masks[i]
        if mask_before is not None and mask_after is not None:
            for row in range(len(before)):
                valid_after = after[row][mask_after[row].astype(bool)]
                valid_before = before[row][mask_before[row].astype(bool)]
                if found := difference(valid_after, valid_before):
                    raise AssertionError(
                        f"{what}: the valid part of {name}, row {row}, differs in {found}"
                    )
        else:
            # A longer output, such as attention scores, keeps its leading part.
            cut = after[tuple(slice(size) for size in before.shape)]
            if found := difference(cut, before):
                raise AssertionError(f"{what}: {name} differs in {found}")


def _expect_no_gradient_leak(
    case: Case, leaves: list[Leaf], position: int, context: str = ""
) -> None:
    expected = evaluate(case, leaves)
    target = leaves[position]
    for path, value in expected.weights.items():
        if not np.isfinite(value.astype("float64")).all():
            raise AssertionError(f"{context}the gradient of weight {path} is not finite")
    for fill in _FILLS:
        what = f"{context}{fill:g} at the masked places of {target.label}"
        changed = list(leaves)
        changed[position] = target.with_masked_content(fill)
        found = evaluate(case, changed)
        for path, value in found.weights.items():
            if text := difference(value, expected.weights[path]):
                raise AssertionError(f"{what}: the gradient of weight {path} differs in {text}")
        for i, value in found.inputs.items():
            if text := difference(value, expected.inputs[i]):
                raise AssertionError(f"{what}: the gradient of {leaves[i].label} differs in {text}")
    if position in expected.inputs and target.mask is not None:
        value = expected.inputs[position]
        masked = np.where(widen(target.mask, value.ndim), 0.0, value)
        if text := difference(masked, np.zeros_like(masked), 0.0):
            raise AssertionError(
                f"{context}the gradient of {target.label} at masked places differs in {text}"
            )


def _expect_equal_where_valid(actual: Outputs, expected: Outputs, what: str) -> None:
    for i, name in enumerate(expected.labels):
        expect_equal_mask(actual.masks[i], expected.masks[i], f"{what}: the mask of {name}")
        found, wanted = actual.values[i], expected.values[i]
        mask = expected.masks[i]
        if mask is not None:
            valid = widen(mask, wanted.ndim)
            found, wanted = np.where(valid, found, 0), np.where(valid, wanted, 0)
        if text := difference(found, wanted):
            raise AssertionError(f"{what}: {name} differs in {text}")


def _groups(positions: list[int]) -> list[list[int]]:
    """Return each position alone, then all together."""
    alone = [[i] for i in positions]
    return [*alone, positions] if len(alone) > 1 else alone


def _mask_first_row(leaf: Leaf) -> Leaf:
    mask = np.array(leaf.mask)
    mask[0] = False
    return leaf.with_mask(mask)


def _rows_but_first(outputs: Outputs) -> Outputs:
    return Outputs(
        outputs.labels,
        tuple(value[1:] for value in outputs.values),
        tuple(None if mask is None else mask[1:] for mask in outputs.masks),
    )


def _pad(leaf: Leaf) -> Leaf:
    """Repeat the last place twice, masked."""
    mask = np.asarray(leaf.mask)
    value = np.concatenate([leaf.value, leaf.value[:, -1:], leaf.value[:, -1:]], axis=1)
    ending = np.zeros_like(mask[:, :1])
    mask = np.concatenate([mask, ending, ending], axis=1)
    return dataclasses.replace(leaf, value=value, mask=mask)
