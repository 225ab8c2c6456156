"""From rows to batches, as tf.data pipelines."""
