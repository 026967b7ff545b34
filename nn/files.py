"""Writing a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Replace what is at ``path`` by ``data``, or leave it as it was.

    The bytes are on the disk before they take the place of the old ones, so whenever the process is
    killed or the power fails, the old file or the new one is there; a file whose name begins with
    a dot may be left beside it. A link is followed, permissions are kept, and a device such as
    ``/dev/stdout`` is written to.

    Raises
    ------
    OSError
        where it cannot be written; nothing has changed then.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name[:50]}.{os.urandom(8).hex()}")
    permissions = target.stat().st_mode & 0o7777 if target.exists() else None
    at_first = 0o666 if permissions is None else permissions & 0o600
    try:
        with open(temporary, "xb", opener=lambda name, how: os.open(name, how, at_first)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if permissions is not None:
            os.chmod(temporary, permissions)
        os.replace(temporary, target)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise
