"""The command line: a thin shell over the package."""

import argparse
import contextlib
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence

from keras_multimodal.commands.messages import error_line, flags_of
from keras_multimodal.commands.parser import make_parser


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


def _run(arguments: argparse.Namespace) -> None:
    with _quiet_start():
        from keras_multimodal.commands.running import run_command
    run_command(arguments)


def _show(error: Exception, parsed: argparse.Namespace, before: str = "", after: str = "") -> None:
    """Say in a line what is wrong, behind a traceback if one is wanted."""
    if parsed.debug:
        traceback.print_exception(error)
        after = ""
    line = error_line(error, flags_of(parsed))
    print(f"keras-multimodal: {before}{line}{after}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The words after `keras-multimodal`; those of this process by default.

    Returns:
        The exit code: 0, or 2 where the input was at fault, or 1 where something else was. One
        line on stderr says what, behind a traceback with `--debug`.
    """
    parsed = make_parser().parse_args(arguments)
    try:
        _run(parsed)
    except (OSError, ValueError, ImportError) as error:
        _show(error, parsed)
        return 2
    except Exception as error:
        _show(error, parsed, f"{type(error).__name__}: ", " (--debug shows where)")
        return 1
    except KeyboardInterrupt:
        state = getattr(parsed, "resume_folder", None)
        begun = state is not None and state.exists()
        left = "go on with the same command and --resume" if begun else "nothing was written"
        print(f"keras-multimodal: interrupted; {left}.", file=sys.stderr)
        return 130
    return 0
