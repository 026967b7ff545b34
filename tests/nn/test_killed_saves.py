"""A save that fails, or is killed, at any byte: the old file is there, or the new one, whole."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

import nn
import nn.files

NIGHT = settings.get_current_profile_name() == "nightly"


class Killed(BaseException):
    """In place of the death of the process: nothing after it runs, not even what cleans up."""


ERRORS = {
    "no space": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "interrupted": KeyboardInterrupt,
    "killed": Killed,
}


class Disk:
    """The calls by which a file is written; the ``at``-th of them fails, or kills.

    Each byte written counts as a call; those before it have reached the disk by then. ``after``
    tells whether the one that fails has had its effect.
    """

    def __init__(self, monkeypatch, at, error, after=False):
        self.count, self.at, self.error, self.after = 0, at, error, after
        self.met = ""
        real_open = open

        def faulty_open(*arguments, **options):
            return File(self, self.call("open", real_open, *arguments, **options))

        monkeypatch.setattr(nn.files, "open", faulty_open, raising=False)
        for name in ("chmod", "fsync", "replace"):
            real = getattr(os, name)
            call = lambda *a, name=name, real=real: self.call(name, real, *a)  # noqa: E731
            monkeypatch.setattr(nn.files.os, name, call)
        unlink = Path.unlink
        monkeypatch.setattr(Path, "unlink", lambda *a, **o: self.call("unlink", unlink, *a, **o))

    def call(self, name, function, *arguments, **options):
        """``function``, unless it is the one that fails; after a kill nothing works any more."""
        self.count += 1
        if self.met and self.error is Killed:
            raise Killed
        if self.count != self.at:
            return function(*arguments, **options)
        self.met = name
        if self.after:
            result = function(*arguments, **options)
            if name == "open":
                result.close()
        raise self.error()


class File:
    """A file on that disk."""

    def __init__(self, disk, file):
        self.disk, self.file = disk, file
        self.fileno = file.fileno

    def write(self, data):
        disk = self.disk
        whole = disk.at - disk.count - 1  # bytes before the one that fails
        if 0 <= whole < len(data):
            disk.count = disk.at - 1
            self.file.write(data[:whole])
            self.file.flush()
            disk.call("write", self.file.write, data[whole : whole + 1])
        disk.count += len(data)
        self.file.write(data)

    def flush(self):
        self.disk.call("flush", self.file.flush)

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.file.close()
        self.disk.call("close", lambda: None)


def save(model, path, monkeypatch, *fault, **options):
    """Save with a fault: which call failed, '' if none did."""
    with monkeypatch.context() as patch:
        disk = Disk(patch, *fault, **options)
        try:
            nn.save(model, path)
        except OSError as error:
            met, named = disk.met, error.filename
            assert (bool(met), named) == (True, str(path))
        except (Killed, KeyboardInterrupt):
            assert disk.met
        return disk.met


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", ["no space", "interrupted", "killed"])
@pytest.mark.parametrize("new", [False, True], ids=["over a file", "new file"])
def test_a_save_that_fails_at_any_call_and_any_byte(kind, new, after, tmp_path, monkeypatch):
    old, other = nn.Neuron(2, rng=1), nn.Neuron(2, rng=2)
    path, neighbour = tmp_path / "m.json", tmp_path / "n.json"
    error = ERRORS[kind]
    stride = 1 if NIGHT or (kind == "killed" and not new and not after) else 11  # bytes
    nn.save(other, neighbour)
    nn.save(other, path)
    written = path.read_bytes()
    nn.save(old, path)
    before = None if new else path.read_bytes()
    met, at, kept = set(), 0, 0
    while True:
        if new:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(before)
        at += stride if 10 < at < len(written) - stride else 1
        call = save(other, path, monkeypatch, at, error, after=after)
        if not call:
            break
        met.add(call)
        found = path.read_bytes() if path.exists() else None
        assert found in (before, written)
        kept += found == before
        if call != "replace":
            assert found == before
        if kind != "killed" and (call, after) != ("replace", True):
            assert len(os.listdir(tmp_path)) == 1 + (found is not None), "nothing is left over"
        assert neighbour.read_bytes() == written
        if found:
            nn.load(path)
    assert met == {"open", "write", "flush", "fsync", "close", "replace"} | (
        set() if new else {"chmod"}
    )
    assert at > len(written)
    assert kept * stride > 0.9 * len(written), "each byte, or some of them"
    assert path.read_bytes() == written, "what is left over from before does no harm"
    assert nn.load(path).state_dict() == other.state_dict()


FORKING = """
import json, os, random, signal, sys, time
import nn
folder, kills = sys.argv[1], int(sys.argv[2])
path = os.path.join(folder, "m.json")
models = [nn.MLP(4, [8, 8, 1], rng=seed) for seed in (1, 2)]
wanted = []
for model in models:
    nn.save(model, path)
    wanted.append(open(path, "rb").read())
rng = random.Random(0)
found = [0, 0]
for _ in range(kills):
    child = os.fork()
    if not child:
        while True:
            for model in models:
                nn.save(model, path)
    time.sleep(rng.uniform(0.002, 0.02))
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    found[wanted.index(open(path, "rb").read())] += 1
    assert nn.load(path).state_dict() in [model.state_dict() for model in models]
    for name in os.listdir(folder):
        if name != "m.json":
            assert name.startswith(".m.json.")
nn.save(models[0], path)
assert open(path, "rb").read() == wanted[0]
print(json.dumps([found, len(os.listdir(folder)) - 1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed otherwise there")
def test_a_process_killed_while_it_saves(tmp_path):
    """By SIGKILL, at a random moment of saving one model after another over the same file."""
    root = str(Path(nn.__file__).parents[1])
    kills = 1000 if NIGHT else 30
    run = subprocess.run(
        [sys.executable, "-c", FORKING, str(tmp_path), str(kills)],
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True,
        text=True,
    )
    assert run.stderr == ""
    found, left_over = json.loads(run.stdout)
    assert sum(found) == kills
    print(f"{kills} kills: old and new {found}, {left_over} in the middle of a file")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are others there")
@pytest.mark.parametrize("permissions", [0o600, 0o640, 0o400])
def test_a_private_file_is_never_readable_by_others(permissions, tmp_path, monkeypatch):
    path = tmp_path / "m.json"
    nn.save(nn.Neuron(2, rng=1), path)
    path.chmod(permissions)
    seen = []
    fsync = os.fsync
    monkeypatch.setattr(
        nn.files.os, "fsync", lambda fd: (seen.append(os.fstat(fd).st_mode & 0o777), fsync(fd))
    )
    nn.save(nn.Neuron(2, rng=2), path)
    assert seen[0] & 0o077 == 0
    assert path.stat().st_mode & 0o777 == permissions


def test_a_name_as_long_as_names_may_be(tmp_path):
    path = tmp_path / ("m" * 250 + ".json")
    nn.save(nn.Neuron(2, rng=1), path)
    nn.save(nn.Neuron(2, rng=2), path)
    assert nn.load(path).state_dict() == nn.Neuron(2, rng=2).state_dict()
    assert os.listdir(tmp_path) == [path.name]
