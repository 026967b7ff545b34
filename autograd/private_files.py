"""Files of machine code that are kept for the next run: only what this user wrote is read again.

They are only copies, so what is wrong with one is no error: it is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

MAGIC = b"stepgrad private file 1\n"
_HEAD = len(MAGIC) + hashlib.sha256().digest_size
_READ = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):  # no link, no waiting for a pipe
    _READ |= getattr(os, _flag, 0)


def read_private(path: Path) -> bytes | None:
    """The code that ``write_private`` put into a file.

    None if it is damaged, of another name, no plain file, or if anybody else could have written it.
    """
    try:
        if not _is_private(os.stat(path.parent)):
            return None
        descriptor = os.open(path, _READ)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or not _is_private(status):
                return None
            return unpacked(path.name, file.read())
    except OSError:
        return None


def write_private(path: Path, code: bytes) -> None:
    """Keep code for ``read_private``, whole or not at all; where it can't be kept is no error."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(packed(path.name, code))
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


def packed(name: str, code: bytes) -> bytes:
    """What the file ``name`` holds."""
    return _head(name, code) + code


def unpacked(name: str, data: bytes) -> bytes | None:
    """The code that was packed for ``name``, or None if ``data`` is anything else."""
    code = data[_HEAD:]
    return code if data[:_HEAD] == _head(name, code) else None


def _head(name: str, code: bytes) -> bytes:
    digest = hashlib.sha256(name.encode())
    digest.update(code)
    return MAGIC + digest.digest()


def _is_private(status: os.stat_result) -> bool:
    """Whether this user alone may write to it; on Windows it is in the user's profile."""
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
