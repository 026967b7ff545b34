"""The command lines in a terminal: other encodings, readers that leave, Ctrl-C."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[2])


def command(module, *arguments, **settings):
    environment = {**os.environ, "PYTHONPATH": ROOT, **settings.pop("environment", {})}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **settings,
    )


def test_an_encoding_without_the_letters_of_a_name():
    done = command("viz", "重み*2", "重み=3", "--steps", environment={"PYTHONIOENCODING": "latin-1"})
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
    done = command("viz", "x*x", "x=3", "--interactive")
    while not done.stdout.readline().startswith(b"step 0"):
        pass
    done.send_signal(signal.SIGINT)
    _, err = done.communicate()
    assert (done.returncode, err) == (130, b"")
