"""The command line: a thin shell over the package."""

import argparse
import contextlib
import logging
import os
import pathlib
import sys
import tempfile
from collections.abc import Iterator, Sequence


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keras-multimodal",
        description="Models for records made of more than one kind of data.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo",
        help="train on real pictures and words, and write a model, a report and a SavedModel",
        description=(
            "Trains a picture-only, a name-only and a fused classifier on the OpenMoji icons, "
            "compares them, and writes model.keras, saved_model/, metrics.json, history.csv and "
            "report.html. Takes a few minutes on two cores."
        ),
    )
    demo.add_argument(
        "--output",
        type=pathlib.Path,
        default=pathlib.Path("keras-multimodal-demo"),
        metavar="DIR",
        help="folder to write (default: %(default)s)",
    )
    demo.add_argument(
        "--data",
        type=pathlib.Path,
        default=None,
        metavar="DIR",
        help="existing folder of icons/ and openmoji.csv, written there if it is empty "
        "(default: one in Keras' cache)",
    )
    demo.add_argument(
        "--epochs",
        type=_positive,
        default=20,
        metavar="N",
        help="epochs of each of the three models (default: %(default)s)",
    )
    demo.add_argument(
        "--seed", type=_seed, default=0, metavar="S", help="random seed (default: %(default)s)"
    )
    demo.add_argument(
        "--overwrite", action="store_true", help="replace the folder of an earlier demo"
    )
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {value}")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"must be from 0 to 2**32 - 1, not {value}")
    return value


@contextlib.contextmanager
def _quiet_start() -> Iterator[None]:
    """Hold back what TensorFlow logs while it is loaded, unless loading it fails.

    It would bury the one line that says what is wrong with the input, and TF_CPP_MIN_LOG_LEVEL
    alone doesn't stop what is logged that early.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
            # TensorFlow takes the functions of several Keras models for one that retraces.
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
        except Exception:
            os.dup2(stderr, 2)
            log.seek(0)
            os.write(2, log.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The words after `keras-multimodal`; those of this process by default.

    Returns:
        The exit code: 0, or 2 where the input was at fault (one line on stderr says what).
    """
    options = _parser().parse_args(arguments)
    try:
        with _quiet_start():
            from keras_multimodal import demo

        demo.run(
            options.output,
            data_dir=options.data,
            epochs=options.epochs,
            seed=options.seed,
            overwrite=options.overwrite,
        )
    except (OSError, ValueError, ImportError) as error:
        print(f"keras-multimodal: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("keras-multimodal: interrupted; nothing was written.", file=sys.stderr)
        return 130
    return 0
