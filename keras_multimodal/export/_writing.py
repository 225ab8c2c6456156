"""What a served captioner does with the tokens of a record: it writes the text."""

from typing import Any

import tensorflow as tf

from keras_multimodal.data import Detokenizer
from keras_multimodal.decoders import Decoder
from keras_multimodal.schema import TextTarget
from keras_multimodal.tasks import generation_loop, get_sampler


class Writing(tf.Module):
    """From the tokens that a decoder attends to, with their Keras mask, to texts.

    Args:
        decoder: The decoder.
        target: The description of the texts.
        sampler: As for `tasks.generation_loop`.
        max_length: As for `tasks.generation_loop`.

    Call arguments:
        context: `(batch, context_length, width)`.

    Returns:
        The texts, `(batch,)` strings, by the target's name.
    """

    def __init__(
        self, decoder: Decoder, target: TextTarget, sampler: Any, max_length: int | None
    ) -> None:
        super().__init__(name="writing")
        self.name_of_text = target.name
        self.detokenizer = Detokenizer(target)
        chosen_sampler = get_sampler(sampler)
        # The state of random numbers moves from call to call where it is served, too.
        self.state = [variable.value for variable in chosen_sampler.variables]
        self.loop = generation_loop(decoder, target, chosen_sampler, max_length)

    def __call__(self, context: tf.Tensor) -> dict[str, tf.Tensor]:
        """Write the texts; see the class."""
        ids = self.loop(context, getattr(context, "_keras_mask", None))
        return {self.name_of_text: self.detokenizer(ids)}
