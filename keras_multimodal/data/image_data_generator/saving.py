"""Writing a flow's pictures to a folder, to look at what training sees."""

import os
from typing import Any

import tensorflow as tf

from keras_multimodal.data.column.autograph import unconverted
from keras_multimodal.data.image_data_generator.defaults import FlowDefaults
from keras_multimodal.schema import Image
from keras_multimodal.types import Tensors


def save_pictures(dataset: tf.data.Dataset, spec: Image, defaults: FlowDefaults) -> tf.data.Dataset:
    """Return the dataset, which also writes each picture as it goes by.

    A picture is written with its darkest value black and its brightest white, as Keras does.

    Args:
        dataset: Batches whose first part is a dict with the pictures.
        spec: The pictures' description.
        defaults: Where to and how.
    """
    folder = os.fspath(defaults.save_to_dir or "")
    os.makedirs(folder, exist_ok=True)
    prefix = defaults.save_prefix
    encode = tf.io.encode_png if defaults.save_format == "png" else tf.io.encode_jpeg

    def write(number: tf.Tensor, batch: Any) -> Tensors:
        images = batch[0][spec.inner_name]
        if spec.data_format == "channels_first":
            images = tf.transpose(images, (0, 2, 3, 1))
        darkest = tf.reduce_min(images, [1, 2, 3], keepdims=True)
        reach = tf.reduce_max(images, [1, 2, 3], keepdims=True) - darkest
        pixels = tf.cast(tf.math.divide_no_nan(images - darkest, reach) * 255, tf.uint8)

        def write_one(item: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
            place, picture = item
            content = encode(picture)
            # What is different in the next epoch has another name.
            mark = tf.strings.to_hash_bucket_fast(content, 10**7)
            parts = [number, tf.cast(place, tf.int64), mark]
            name = tf.strings.join([prefix, *map(tf.strings.as_string, parts)], "_")
            path = tf.strings.join([folder + os.sep, name, "." + defaults.save_format])
            with tf.control_dependencies([tf.io.write_file(path, content)]):
                return tf.identity(path)

        places = tf.range(tf.shape(images)[0])
        written = tf.map_fn(write_one, (places, pixels), fn_output_signature=tf.string)
        with tf.control_dependencies([written]):
            return tf.nest.map_structure(tf.identity, batch)

    return dataset.enumerate().map(unconverted(write))
