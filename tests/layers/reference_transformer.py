"""A transformer block in float64, one head of one token at a time, over real tokens only.

`p` holds the weights by the end of their path, and `prefix` says which of them a part has.
"""

import math

import numpy as np


def normalize(p, prefix, x):
    rows = [(row - row.mean()) / math.sqrt(row.var() + 1e-5) for row in x]
    return np.array(rows) * p[f"{prefix}/gamma"] + p[f"{prefix}/beta"]


def project(p, prefix, x):
    return x @ p[f"{prefix}/kernel"] + p[f"{prefix}/bias"]


def attend(p, prefix, x, context, heads):
    """Vaswani et al., 2017, equation 1 and section 3.2.2."""
    queries = project(p, f"{prefix}/query_projection", x)
    keys, values = np.split(project(p, f"{prefix}/context_projection", context), 2, axis=1)
    gathered = np.zeros_like(queries)
    for t, query in enumerate(queries):
        for head in np.split(np.arange(len(query)), heads):
            exponents = keys[:, head] @ query[head] / math.sqrt(len(head))
            weights = np.exp(exponents - exponents.max())
            gathered[t, head] = weights / weights.sum() @ values[:, head]
    return project(p, f"{prefix}/output_projection", gathered)


def residual_attention(p, prefix, x, heads, context=None):
    normalized = normalize(p, f"{prefix}/query_normalization", x)
    if context is None:
        context = normalized
    else:
        context = normalize(p, f"{prefix}/context_normalization", context)
    return x + attend(p, f"{prefix}/attention", normalized, context, heads)


def gelu(x):
    return x * np.vectorize(lambda value: 0.5 * (1 + math.erf(value / math.sqrt(2))))(x)


def block(p, prefix, x, heads, context=None):
    """Attention, then a small network for each token, each of which normalizes what it is given."""
    y = residual_attention(p, prefix, x, heads, context)
    hidden = project(
        p, f"{prefix}/feed_forward/hidden", normalize(p, f"{prefix}/feed_forward/normalization", y)
    )
    return y + project(p, f"{prefix}/feed_forward/output", gelu(hidden))
