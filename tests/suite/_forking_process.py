"""The server of `fork_server`: it imports modules, and forks for each Python program asked of it.

Run by its path. It runs no op of TensorFlow, whose threads would be missing in every fork.
"""

import atexit
import ctypes
import gc
import importlib
import json
import os
import pathlib
import runpy
import select
import signal
import socket
import sys
import threading
import traceback
import types
from typing import Any, NoReturn

_LONGEST = 1 << 20  # bytes of a request; Linux lets less through in one piece
_PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>


def main() -> None:
    """Serve requests from the socket whose number comes first, until its other end is closed."""
    number, *modules = sys.argv[1:]
    connection = socket.socket(fileno=int(number))
    for module in modules:
        importlib.import_module(module)
    # The forks' garbage collections pass over what they share, instead of copying all of it.
    gc.collect()
    gc.freeze()
    while True:
        message, files, _, _ = socket.recv_fds(connection, _LONGEST, 2)
        if not message:
            return
        request = json.loads(message)
        child = os.fork()
        if child == 0:
            _become(request, connection, files)
        os.setpgid(child, child)
        for file in files:
            os.close(file)
        _answer(child, connection, request["timeout"])


def _answer(child: int, connection: socket.socket, timeout: float) -> None:
    """Say how the child ended; kill it when its time is over, or when nobody waits any more."""
    watch = os.pidfd_open(child)
    # Nothing comes from the other end before this is answered, except that it is closed.
    ready, _, _ = select.select([watch, connection], [], [], timeout)
    os.close(watch)
    late = watch not in ready
    if late:
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if connection not in ready:
        answer = {"code": os.waitstatus_to_exitcode(status), "late": late}
        connection.send(json.dumps(answer).encode())


def _become(request: dict[str, Any], connection: socket.socket, files: list[int]) -> NoReturn:
    """Run the program in this fork, and end it with the program's exit code."""
    code = 1
    try:
        # A server that is killed takes its fork along.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        connection.close()
        for number, file in zip((1, 2), files, strict=True):
            os.dup2(file, number)
            os.close(file)
        os.chdir(request["directory"])
        os.environ.clear()
        os.environ.update(request["environment"])
        if "numpy" in sys.modules:  # its global generator, which a new process seeds anew
            sys.modules["numpy"].random.seed()
        code = _run(request["arguments"])
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _run(arguments: list[str]) -> int:
    """Run what `python` would run with these arguments, and return its exit code."""
    try:
        _run_program(arguments)
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            return (stop.code or 0) & 255
        sys.stderr.write(f"{stop.code}\n")
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _run_program(arguments: list[str]) -> None:
    safe_path = arguments[0] == "-P"
    program, *rest = arguments[safe_path:]
    if program == "-c":
        folder, code, sys.argv = "", rest[0], ["-c", *rest[1:]]
    elif program == "-m":
        folder, sys.argv = os.getcwd(), rest
    else:
        folder, sys.argv = str(pathlib.Path(program).resolve().parent), [program, *rest]
    if not safe_path:
        sys.path.insert(0, folder)
    if program == "-c":
        sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(code, "<string>", "exec"), sys.modules["__main__"].__dict__)
    elif program == "-m":
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
