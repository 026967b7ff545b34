"""Files written whole: with the permissions that they had, and leaving nothing beside them."""

import os
import sys

import pytest

from nn.files import write_atomically


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are others there")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_a_new_file_has_the_permissions_of_any_new_file(mask, tmp_path):
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "ours", b"text")
        (tmp_path / "theirs").write_bytes(b"text")
    finally:
        os.umask(before)
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are others there")
@pytest.mark.parametrize("permissions", [0o400, 0o644, 0o606, 0o755, 0o1644, 0o2755, 0o4711])
def test_the_permissions_stay(permissions, tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"before")
    path.chmod(permissions)
    permissions = path.stat().st_mode & 0o7777  # what the system let stand
    private, fsync = [], os.fsync

    def seen(descriptor):
        private.append(os.fstat(descriptor).st_mode & 0o7777)
        fsync(descriptor)

    monkeypatch.setattr("nn.files.os.fsync", seen)
    write_atomically(path, b"after")
    assert path.stat().st_mode & 0o7777 == permissions
    assert path.read_bytes() == b"after"
    # while it is written it is its owner's, who may do no more with it than before
    assert private == [permissions & 0o600 & ~mask()]
    assert os.listdir(tmp_path) == ["file"]


def mask():
    now = os.umask(0)
    os.umask(now)
    return now
