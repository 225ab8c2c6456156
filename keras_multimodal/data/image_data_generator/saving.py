"""Writing a flow's pictures to a folder, to look at what training sees."""

import os
from collections.abc import Callable

import tensorflow as tf

from keras_multimodal.data.column.autograph import unconverted
from keras_multimodal.data.image_data_generator.defaults import FlowDefaults
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Image

Writer = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def picture_writer(spec: Image, defaults: FlowDefaults) -> Writer:
    """Return a graph function that writes the pictures of a batch, and makes the folder now.

    A picture is written with its darkest value black and its brightest white, as Keras does.

    Args:
        spec: The pictures' description.
        defaults: Where to and how.

    Returns:
        A function of the batch's number, an int64 scalar, and of its pictures, to their paths.

    Raises:
        ValueError: If no such file can hold the pictures' channels.
    """
    if spec.channels not in defaults.save_channels:
        raise ArgumentError(
            "save_to_dir",
            f"must go with pictures of {', '.join(map(str, defaults.save_channels))} channels, "
            f"which {defaults.save_format} files hold. Received: {spec.channels} channels",
        )
    folder = os.fspath(defaults.save_to_dir or "")
    os.makedirs(folder, exist_ok=True)
    prefix = defaults.save_prefix
    encode = tf.io.encode_png if defaults.save_format == "png" else tf.io.encode_jpeg

    def write(number: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
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
        return tf.map_fn(write_one, (places, pixels), fn_output_signature=tf.string)

    return unconverted(write)
