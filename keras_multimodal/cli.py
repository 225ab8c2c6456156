"""The command line: a thin shell over the package."""

import argparse
import contextlib
import logging
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Sequence
from types import FrameType

from keras_multimodal._disk_space import FullDiskError
from keras_multimodal._folders import ChangedOutputError
from keras_multimodal.commands.messages import error_line, flags_of
from keras_multimodal.commands.parser import make_parser
from keras_multimodal.commands.spare_imports import without_spare_imports


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


class _Ended(KeyboardInterrupt):
    """The system, or whoever plans its work, ends the process."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """Tidy up, and say how to go on, where the process is ended from outside.

    Whoever plans the work of a cluster, and a container's stop, send SIGTERM and wait a while; a
    terminal that closes sends SIGHUP, unless `nohup` has it ignored.
    """
    numbers = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    if threading.current_thread() is not threading.main_thread():  # Python lets no other set them
        numbers = []
    numbers = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)  # a second one waits for nothing
        raise _Ended(number)

    for number in numbers:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _run(arguments: argparse.Namespace) -> None:
    with _quiet_start(), without_spare_imports():
        from keras_multimodal.commands.running import run_command
    run_command(arguments)


def _show(error: Exception, parsed: argparse.Namespace, before: str = "", after: str = "") -> None:
    """Say in a line what is wrong, behind a traceback if one is wanted."""
    if parsed.debug:
        traceback.print_exception(error)
    line = error_line(error, flags_of(parsed))
    print(f"keras-multimodal: {before}{line}{after}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The words after `keras-multimodal`; those of this process by default.

    Returns:
        The exit code: 0, or 2 where the input was at fault, or 1 where something else was. One
        line on stderr says what, behind a traceback with `--debug`. 128 and a signal's number where
        the process was ended by it.
    """
    parsed = make_parser().parse_args(arguments)
    try:
        with _ended_in_order():
            _run(parsed)
    except (FullDiskError, ChangedOutputError) as error:
        _show(error, parsed, after=f"; then {_way_on(parsed) or 'run this again'}")
        return 2
    except (OSError, ValueError, ImportError) as error:
        _show(error, parsed)
        return 2
    except Exception as error:
        hint = "" if parsed.debug else " (--debug shows where)"
        _show(error, parsed, f"{type(error).__name__}: ", hint)
        return 1
    except _Ended as ended:
        print(_left(parsed, f"ended by {signal.Signals(ended.number).name}"), file=sys.stderr)
        return 128 + ended.number
    except KeyboardInterrupt:
        print(_left(parsed, "interrupted"), file=sys.stderr)
        return 130
    return 0


def _left(parsed: argparse.Namespace, how: str) -> str:
    """Return what is said of an end before the end."""
    return f"keras-multimodal: {how}; {_way_on(parsed) or 'nothing was written'}."


def _way_on(parsed: argparse.Namespace) -> str:
    """Return how to go on with a training run, if something has been learned."""
    state = getattr(parsed, "resume_folder", None)
    begun = state is not None and state.exists()
    return "go on with the same command and --resume" if begun else ""
