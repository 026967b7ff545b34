"""Compiled code on disk: a file cut, altered, foreign or killed half way is never run."""

import ctypes
import hashlib
import os
import random
import shutil
import sys
import tempfile

import pytest
from hypothesis import settings

pytest.importorskip("llvmlite", reason="machine code is made by llvmlite")

from autograd.compiler import jit
from autograd.private_files import read_private, unpacked, write_private

FILES = 200_000 if settings.get_current_profile_name() == "nightly" else 10_000

MODULE = """
define void @run(ptr %x) {{
  %v = load double, ptr %x
  %w = fadd double %v, {}
  store double %w, ptr %x
  ret void
}}
"""
ONE, TWO = MODULE.format("1.0"), MODULE.format("2.0")

posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions are others there")


def add(text):
    """What the module, from the cache or compiled, makes of 2."""
    number = ctypes.c_double(2.0)
    loaded = jit.load(text)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(loaded.address("run"))(ctypes.addressof(number))
    return number.value


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STEPGRAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def file(cache):
    """The file of the first module."""
    assert add(ONE) == 3.0
    (file,) = cache.iterdir()
    return file


def check_refused_and_replaced(file, whole):
    assert read_private(file) is None
    assert add(ONE) == 3.0
    assert file.read_bytes() == whole
    assert not file.is_symlink()


def test_code_is_read_as_it_was_written(file):
    assert read_private(file) == unpacked(file.name, file.read_bytes())
    assert len(read_private(file)) > 100


@posix
def test_the_folder_is_made_for_its_owner(tmp_path):
    path = tmp_path / "not" / "there" / "yet"
    write_private(path, b"code")
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert read_private(path) == b"code"


def test_a_damaged_file_is_not_used_and_is_replaced(file):
    whole = file.read_bytes()
    n = len(whole)
    flipped = bytes([whole[-1] ^ 1])
    for data in [
        b"",
        b"x",
        whole[:10],
        whole[: n // 2],
        whole[:-1],
        whole[:-1] + flipped,
        whole + b"\0",
        whole + whole,
        whole[::-1],
        bytes(n),
        whole[: n // 2] + bytes(n - n // 2),
        b"stepgrad object 1\n" + hashlib.sha256(whole[50:]).digest() + whole[50:],
        os.urandom(n),
    ]:
        file.write_bytes(data)
        check_refused_and_replaced(file, whole)


def altered(data, rng):
    i, j, k = sorted(rng.randrange(len(data)) for _ in range(3))
    piece = rng.randbytes(rng.randint(1, 8))
    return rng.choice(
        [
            lambda: data[:i],
            lambda: data[:i] + bytes([data[i] ^ 1 << rng.randrange(8)]) + data[i + 1 :],
            lambda: data[:i] + data[i + 1 :],
            lambda: data[:i] + piece + data[i:],
            lambda: data[:i] + piece + data[i + len(piece) :],
            lambda: data[:i] + data[j:k] + data[i:j] + data[k:],
            lambda: data[:i] + bytes(j - i) + data[j:],
            lambda: data[:i] + data[j:],
            lambda: data[:j] + data[i:],
            lambda: data + piece,
        ]
    )()


def test_thousands_of_altered_files_are_refused(file):
    whole, rng = file.read_bytes(), random.Random(1)
    code = unpacked(file.name, whole)
    for _ in range(FILES):
        data = altered(whole, rng)
        assert unpacked(file.name, data) == (code if data == whole else None)
    for end in range(len(whole)):
        assert unpacked(file.name, whole[:end]) is None


def test_a_file_of_another_program_is_not_used(cache, file):
    """Whole, but under a name that is not its own: another number would come out."""
    whole = file.read_bytes()
    assert add(TWO) == 4.0
    (other,) = set(cache.iterdir()) - {file}
    shutil.copy(other, file)
    check_refused_and_replaced(file, whole)
    file.rename(cache / ("0" * 64))
    assert read_private(cache / ("0" * 64)) is None


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_or_folder_that_others_can_write_is_not_used(cache, file, mode):
    """What is in it is run: nobody else may have put it there."""
    whole = file.read_bytes()
    file.chmod(mode)
    check_refused_and_replaced(file, whole)
    cache.chmod(mode | 0o500)
    assert read_private(file) is None
    assert add(ONE) == 3.0
    cache.chmod(0o755)
    assert read_private(file) is not None


@posix
def test_a_file_of_somebody_else_is_not_used(file, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert read_private(file) is None
    assert add(ONE) == 3.0


@posix
def test_what_is_no_plain_file_is_not_used(cache, file):
    """Reading a pipe would wait for ever, and /dev/zero never end."""
    whole = file.read_bytes()
    for target in [cache.parent / "elsewhere", "/dev/zero", cache.parent]:
        file.unlink()
        (cache.parent / "elsewhere").write_bytes(whole)
        file.symlink_to(target)
        check_refused_and_replaced(file, whole)
    file.unlink()
    os.mkfifo(file)
    check_refused_and_replaced(file, whole)
    file.unlink()
    file.mkdir()
    assert read_private(file) is None
    assert add(ONE) == 3.0
    assert list(cache.iterdir()) == [file], "a folder in the way stays, and nothing beside it"


@posix
def test_a_file_that_cannot_be_read_is_not_used(cache, file, monkeypatch):
    whole = file.read_bytes()

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    for call in ("open", "stat"):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, denied)
            assert read_private(file) is None
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "mkstemp", denied)
        file.write_bytes(b"damaged")
        assert add(ONE) == 3.0, "neither read nor written"
    check_refused_and_replaced(file, whole)


class Killed(BaseException):
    """In place of the death of the process: what cleans up does not run."""


class Failing:
    """A file that fails at its ``left``-th byte."""

    def __init__(self, descriptor, left, error):
        self.descriptor, self.left, self.error = descriptor, left, error

    def write(self, data):
        os.write(self.descriptor, data[: self.left])
        raise self.error()

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        os.close(self.descriptor)


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, Killed])
def test_a_write_that_fails_or_is_killed_at_any_byte(error, cache, file, monkeypatch):
    whole = file.read_bytes()
    for left in range(0, len(whole) + 1, 1 if FILES > 10_000 else 13):
        file.write_bytes(whole[:-1])
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdopen", lambda fd, mode, left=left: Failing(fd, left, error))
            if error is Killed:
                patch.setattr(os, "unlink", lambda name: None)
            try:
                write_private(file, unpacked(file.name, whole))
            except (KeyboardInterrupt, Killed) as raised:
                assert type(raised) is error  # noqa: PT017
        assert file.read_bytes() == whole[:-1]
        assert (len(list(cache.iterdir())) > 1) == (error is Killed)
        for other in set(cache.iterdir()) - {file}:
            assert read_private(other) is None
            other.unlink()
    check_refused_and_replaced(file, whole)
