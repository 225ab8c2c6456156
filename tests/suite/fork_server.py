"""Python programs that find TensorFlow imported already, and are processes of their own yet."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

_SCRIPT = pathlib.Path(__file__).with_name("_forking_process.py")


class ForkServer:
    """One process that imports modules once, and forks for each program that it is asked to run.

    A program is a process as `subprocess.run([sys.executable, *arguments])` would make it, with a
    memory, an exit code, a working directory and outputs of its own, except that `modules` and
    what they import are loaded already. Environment variables are the caller's; those that are
    read during an import are read as the server starts, with the first program. Linux alone.

    Args:
        *modules: What to import. It must start no threads that a program needs: no fork has them.
        patience: Seconds that the server has for its own work, beside the program's.
    """

    def __init__(self, *modules: str, patience: float = 300.0) -> None:
        self.modules = modules
        self.patience = patience
        self._process: subprocess.Popen[bytes] | None = None

    def run(
        self, arguments: Sequence[str | os.PathLike[str]], timeout: float = 300.0
    ) -> subprocess.CompletedProcess[str]:
        """Run Python with these arguments, and return how it ended and what it wrote.

        Args:
            arguments: A script, `-c` or `-m`, and its arguments; `-P` may come before.
            timeout: Seconds after which the program is killed.

        Returns:
            What `subprocess.run` returns. Where the program was killed because its time was over,
            or because the server ended, `stderr` ends in saying so.
        """
        request = {
            "arguments": [os.fspath(argument) for argument in arguments],
            "directory": os.getcwd(),
            "environment": dict(os.environ),
            "timeout": timeout,
        }
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            code, remark = self._ask(request, [output.fileno(), errors.fileno()])
            texts = []
            for file in (output, errors):
                file.seek(0)
                texts.append(file.read().decode(errors="replace"))
        return subprocess.CompletedProcess(request["arguments"], code, texts[0], texts[1] + remark)

    def close(self) -> None:
        """End the server, and the program that it runs."""
        if self._process is None:
            return
        self._connection.close()  # which the server takes for the end, unless it hangs
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._log.close()

    def _start(self) -> None:
        self._connection, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it is the process's
        with other:
            # A session of its own: what a terminal sends to the tests is not for the server.
            self._process = subprocess.Popen(
                [sys.executable, "-P", _SCRIPT, str(other.fileno()), *self.modules],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=[other.fileno()],
                start_new_session=True,
            )

    def _ask(self, request: dict[str, Any], files: list[int]) -> tuple[int, str]:
        """Return the program's exit code, and what is to be added to what it wrote."""
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._start()
        hung = False
        try:
            self._connection.settimeout(request["timeout"] + self.patience)
            socket.send_fds(self._connection, [json.dumps(request).encode()], files)
            message = self._connection.recv(1 << 10)
        except ConnectionError:
            message = b""
        except TimeoutError:
            message, hung = b"", True
        except BaseException:
            self.close()  # its answer would be taken for the next program's
            raise
        if not message:
            return self._failed(hung)
        answer = json.loads(message)
        remark = f"Killed: it had not ended after {request['timeout']:g} seconds.\n"
        return answer["code"], remark if answer["late"] else ""

    def _failed(self, hung: bool) -> tuple[int, str]:
        if hung:
            self._process.kill()
        code = self._process.wait(self.patience)
        self._log.seek(0)
        log = self._log.read().decode(errors="replace")
        self.close()
        how = "did not answer and was killed" if hung else f"ended with code {code}"
        return code or 1, f"The server of forks {how}, and the program with it.\n{log[-2000:]}"
