"""One vector of what a fusion makes, in which its own work is seen."""

import keras

from keras_multimodal.layers import MaskedMeanPooling


def anchor_vector(layer, tokens, masks=None):
    """Return the fusion's vector, or the mean of its tokens.

    Of a fusion that gives back each modality's tokens only those of the first are read: side by
    side with the others, what follows could do the fusion's work.
    """
    fused = layer(tokens, mask=masks)
    fused_mask = layer.compute_mask(tokens, masks)
    if isinstance(fused, dict):
        first = min(fused)
        fused = fused[first]
        fused_mask = None if fused_mask is None else fused_mask[first]
    if len(fused.shape) == 2:
        return fused
    if fused_mask is None:
        return keras.layers.GlobalAveragePooling1D()(fused)
    return MaskedMeanPooling()(fused, mask=fused_mask)
