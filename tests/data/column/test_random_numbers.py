"""Random numbers depend on seed, epoch, row and slot, and look uniform."""

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.random_numbers import row_seeds, uniform

ROWS = tf.range(20_000, dtype=tf.int64)


def draw(seed=0, epoch=0, slot=0, rows=ROWS):
    return uniform(row_seeds(seed, tf.constant(epoch, tf.int64), rows), slot).numpy()


def test_rows_of_an_epoch_never_share_a_seed():
    seeds = row_seeds(3, tf.constant(1, tf.int64), ROWS).numpy()
    assert len(np.unique(seeds)) == len(seeds)


def test_numbers_are_uniform():
    numbers = draw()
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counts, _ = np.histogram(numbers, 20, (0, 1))
    chi_square = ((counts - 1000) ** 2 / 1000).sum()
    assert chi_square < 43.8  # 0.1% of uniform samples lie above


def test_seed_epoch_slot_and_row_each_give_unrelated_numbers():
    base = draw()
    others = [draw(seed=1), draw(epoch=1), draw(slot=1), draw(rows=ROWS + 1), draw(seed=-1)]
    for other in others:
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.03  # four standard errors


def test_a_row_draws_the_same_wherever_it_stands():
    order = np.random.default_rng(0).permutation(len(ROWS))
    np.testing.assert_array_equal(draw(rows=tf.gather(ROWS, order)), draw()[order])


def test_xla_draws_the_same_bits():
    jitted = tf.function(
        lambda rows: uniform(row_seeds(0, tf.constant(0, tf.int64), rows), 0), jit_compile=True
    )
    np.testing.assert_array_equal(jitted(ROWS), draw())


def test_the_range_is_respected():
    numbers = uniform(row_seeds(0, tf.constant(0, tf.int64), ROWS), 5, -3.0, 2.0).numpy()
    assert numbers.min() >= -3
    assert numbers.max() < 2
    assert abs(numbers.mean() + 0.5) < 0.05


def test_several_slots_draw_what_each_draws_alone():
    seeds = row_seeds(0, tf.constant(0, tf.int64), ROWS[:50])
    together = uniform(seeds, range(4, 7), -1.0, 1.0).numpy()
    alone = [uniform(seeds, slot, -1.0, 1.0).numpy() for slot in range(4, 7)]
    np.testing.assert_array_equal(together, np.stack(alone, axis=1))
