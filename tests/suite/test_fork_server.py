"""Programs in forks are like programs in new processes, and no end of theirs is overlooked."""

import pathlib
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from tests.suite.fork_server import ForkServer

PROGRAM = """\
import os, pathlib, sys
print(__name__, sys.argv[1:], os.getcwd(), os.environ["ASKED"], sys.path[0], sys.stdin.read())
os.write(2, b"from below Python\\n")
"""


TRAINING = """\
import keras, numpy as np, tensorflow as tf
keras.utils.set_random_seed(0)
net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(64, "relu"), keras.layers.Dense(1)])
net.compile("adam", "mse", jit_compile=True)
rows = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
batches = tf.data.Dataset.from_tensor_slices((rows, rows[:, :1])).shuffle(32, seed=0).batch(8)
net.fit(batches.map(lambda x, y: (2 * x, y), num_parallel_calls=2), epochs=2, verbose=0)
answer = net.predict(rows, verbose=0)
"""


@pytest.fixture(scope="module")
def server():
    """It imports nothing, and so starts at once."""
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.mark.parametrize("how", ["script", "safe script", "-c", "-m"])
def test_a_program_finds_what_a_new_process_finds(server, program, how, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASKED", "for this one")
    before = {"script": [program], "safe script": ["-P", program], "-c": ["-c", PROGRAM]}
    arguments = [*before.get(how, ["-m", "program"]), "one", "t w o"]
    forked = server.run(arguments)
    real = subprocess.run(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert forked.returncode == real.returncode == 0
    assert forked.stdout == real.stdout
    assert forked.stderr == real.stderr == "from below Python\n"
    assert f"__main__ ['one', 't w o'] {tmp_path} for this one" in forked.stdout


@pytest.mark.parametrize(
    ("code", "exit_code", "words"),
    [
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit(7)", 7, ""),
        ("import sys; sys.exit('enough')", 1, "enough\n"),
        ("def f(): raise ValueError('wrong')\nf()", 1, "ValueError: wrong\n"),
        ("1 +", 1, "SyntaxError: invalid syntax\n"),
        ("import os; os.write(2, b'last words'); os._exit(3)", 3, "last words"),
        ("import os; os.write(2, b'last words'); os.kill(os.getpid(), 9)", -9, "last words"),
        ("import ctypes; ctypes.string_at(0)", -11, ""),
        ("import os; os.abort()", -6, ""),
    ],
)
def test_every_end_is_told(server, code, exit_code, words):
    process = server.run(["-c", code])
    assert process.returncode == exit_code
    assert words in process.stderr
    assert bool(process.stderr) == bool(words)


def test_a_program_ends_as_python_does(server, tmp_path):
    """Its threads are waited for, and what it registered for its end is called."""
    code = """
        import atexit, pathlib, threading, time
        def late():
            time.sleep(0.2)
            print("thread", end=" ")
        atexit.register(print, "at exit")
        threading.Thread(target=late).start()
        """
    assert server.run(["-c", textwrap.dedent(code)]).stdout == "thread at exit\n"


def test_a_program_leaves_nothing_to_the_next(server):
    server.run(
        ["-c", "import os, sys; sys.changed = True; os.environ['LEFT'] = '1'; os.chdir('/')"]
    )
    seen = server.run(
        ["-c", "import os, sys; print(hasattr(sys, 'changed'), 'LEFT' in os.environ)"]
    )
    assert seen.stdout == "False False\n"


def test_tensorflow_works_in_every_fork(run_forked, tmp_path):
    """Nothing of this package is there, and no thread of TensorFlow was missed by the fork."""
    code = (
        "import sys; from tensorflow.python.eager import context\n"
        "print({'tensorflow', 'keras', 'keras_multimodal', 'tensorflow_text'} & {*sys.modules})\n"
        f"print(context._context)\n{TRAINING}\nnp.save(sys.argv[1], answer)"
    )
    here = {}
    exec(TRAINING, here)
    for _ in range(3):
        process = run_forked(["-c", code, tmp_path / "answer.npy"])
        assert process.returncode == 0, process.stderr
        found, context = process.stdout.splitlines()
        assert eval(found) == {"tensorflow", "keras"}
        assert context == "None"
        np.testing.assert_array_equal(np.load(tmp_path / "answer.npy"), here["answer"])


def test_random_numbers_are_new_in_each(run_forked):
    code = "import numpy, random; print(numpy.random.random(), random.random())"
    drawn = [run_forked(["-c", code]).stdout.split() for _ in range(2)]
    assert len({*drawn[0], *drawn[1]}) == 4


def test_a_program_that_hangs_is_killed(server):
    code = "import time; print('begun', flush=True); time.sleep(600)"
    start = time.monotonic()
    process = server.run(["-c", code], timeout=0.5)
    assert time.monotonic() - start < 60
    assert process.returncode == -signal.SIGKILL
    assert process.stdout == "begun\n"
    assert process.stderr == "Killed: it had not ended after 0.5 seconds.\n"
    assert server.run(["-c", "print('next')"]).stdout == "next\n"


@pytest.mark.parametrize(
    ("number", "words"),
    [("SIGKILL", "ended with code -9"), ("SIGSTOP", "did not answer and was killed")],
)
def test_a_server_that_dies_or_hangs_is_told_and_replaced(number, words):
    server = ForkServer(patience=5)
    try:
        code = (
            "import os, signal, time; print(os.getpid(), flush=True)\n"
            f"os.kill(os.getppid(), signal.{number}); time.sleep(600)"
        )
        process = server.run(["-c", code], timeout=1)
        assert process.returncode == -signal.SIGKILL
        assert f"The server of forks {words}, and the program with it." in process.stderr
        wait_for_the_end_of(int(process.stdout))
        assert server.run(["-c", "print('next')"]).stdout == "next\n"
    finally:
        server.close()


def test_a_server_that_cannot_start_says_why():
    server = ForkServer("no_such_module")
    process = server.run(["-c", "print('never')"])
    assert process.returncode == 1
    assert "No module named 'no_such_module'" in process.stderr
    server.close()


def test_an_interrupt_ends_the_program_and_its_server(tmp_path):
    server = ForkServer()

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        with pytest.raises(KeyboardInterrupt):
            server.run(["-c", writes_its_number(tmp_path / "number") + "time.sleep(600)"])
    finally:
        signal.signal(signal.SIGALRM, before)
    wait_for_the_end_of(int((tmp_path / "number").read_text()))
    assert server.run(["-c", "print('next')"]).stdout == "next\n"
    server.close()


@pytest.mark.parametrize("last", ["pass", "time.sleep(600)"], ids=["idle", "busy"])
def test_no_process_and_no_file_outlives_a_test_run_that_is_killed(last, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setenv("PYTHONPATH", str(pathlib.Path(__file__).parents[2]))
    forked = writes_its_number(tmp_path / "number") + last
    code = (
        "import time\n"
        "from tests.suite.fork_server import ForkServer\n"
        "server = ForkServer()\n"
        f"server.run(['-c', {forked!r}])\n"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        wait_until((tmp_path / "number").is_file)
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        server = int(children.read_text())
        process.kill()
    wait_for_the_end_of(server)
    wait_for_the_end_of(int((tmp_path / "number").read_text()))
    assert not list((tmp_path / "temporary").iterdir())


def writes_its_number(path):
    """Code that writes the number of its process, at once."""
    return (
        "import os, pathlib, time\n"
        f"pathlib.Path({str(path) + '.new'!r}).write_text(str(os.getpid()))\n"
        f"os.rename({str(path) + '.new'!r}, {str(path)!r})\n"
    )


def wait_for_the_end_of(number):
    """Of a process that is not a child of this one, and may wait for somebody to ask how it was."""

    def ended():
        try:
            status = pathlib.Path(f"/proc/{number}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return True
        return status.rpartition(")")[2].split()[0] in "ZX"

    wait_until(ended)


def wait_until(true):
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it is not so after a minute")
