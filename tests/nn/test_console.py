"""The command lines in a terminal: other encodings, readers that leave, Ctrl-C."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nn.console import run

ROOT = str(Path(__file__).parents[2])


# what a shell starts in the background does not listen to Ctrl-C, nor does what that starts
LISTENING = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def command(module, *arguments, environment=None):
    return subprocess.Popen(
        [sys.executable, "-c", LISTENING, module, *arguments],
        env={**os.environ, "PYTHONPATH": ROOT, **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ends(monkeypatch, tmp_path, main):
    """The exit code of a command line, and what it wrote to a terminal that knows ASCII only."""
    with open(tmp_path / "out", "wb") as file:
        out = io.TextIOWrapper(file, encoding="ascii")
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", io.StringIO())
        with pytest.raises(SystemExit) as end:
            run(main)
        out.close()
    return end.value.code, (tmp_path / "out").read_bytes()


@pytest.mark.parametrize("code", [0, 1, 2, 77])
def test_the_exit_code_is_that_of_the_command_line(code, monkeypatch, tmp_path):
    assert ends(monkeypatch, tmp_path, lambda: print("重み") or code) == (
        code,
        rb"\u91cd\u307f" + b"\n",
    )


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt, 130), (BrokenPipeError, 1)])
def test_an_end_without_a_traceback(error, code, monkeypatch, tmp_path):
    def main():
        print("some", flush=True)
        raise error

    assert ends(monkeypatch, tmp_path, main) == (code, b"some\n")


def test_any_other_error_keeps_its_traceback():
    def main():
        raise OverflowError("mine")

    with pytest.raises(OverflowError, match="mine"):
        run(main)


def test_an_encoding_without_the_letters_of_a_name():
    done = command(
        "viz", "重み*2", "重み=3", "--steps", environment={"PYTHONIOENCODING": "latin-1"}
    )
    out, err = done.communicate()
    assert (done.returncode, err) == (0, b"")
    assert b"2 * \\u91cd\\u307f" in out or b"\\u91cd\\u307f * 2" in out


def test_a_reader_that_leaves():
    # more than a pipe holds (64 KB), so that it is still writing when nobody reads
    done = command("viz", "+".join(["x*x*x"] * 150), "x=1", "--steps")
    assert done.stdout.readline() == b"out from 1 leaf in 449 operations\n"
    done.stdout.close()
    assert done.stderr.read() == b""
    done.stderr.close()
    done.stdin.close()
    assert done.wait() == 1


def test_control_c_while_stepping():
    with command("viz", "x*x", "x=3", "--interactive") as done:
        assert any(line.startswith(b"step 0") for line in done.stdout)
        for _ in range(6):  # one that comes just before it waits for input is seen at the next
            done.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                done.wait(10)  # before its input is closed, which is another way to end
                break
        _, err = done.communicate()
    assert (done.returncode, err) == (130, b"")
