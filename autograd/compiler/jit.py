"""Text in LLVM's assembly language as machine code in this process, kept on disk by its content."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import math
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import llvmlite
import llvmlite.binding as llvm

from autograd.compiler.ir import LIBRARY
from autograd.private_files import read_private, write_private

if llvm.llvm_version_info < (20,):
    raise ImportError(
        f"llvmlite {llvmlite.__version__} is too old for machine code, 0.45 or newer is wanted: "
        "pip install --upgrade 'stepgrad[fast]'"
    )

_OURS = re.compile(r"[0-9a-f]{64}(\..*)?")  # names of load's: others keep files there too
KEPT = 500  # files in the cache, of which the oldest go first


class Machine(NamedTuple):
    """This machine: LLVM's names for it, doubles to a vector register, vector registers, and
    whether it multiplies and adds in one."""

    triple: str
    cpu: str
    features: str
    wide: int
    registers: int
    fused: bool

    def target(self) -> Any:
        """LLVM's description, a new one each time: an engine takes it over."""
        target = llvm.Target.from_triple(self.triple)
        return target.create_target_machine(cpu=self.cpu, features=self.features, opt=2)


@functools.cache
def machine() -> Machine:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    has = llvm.get_host_cpu_features()
    triple = llvm.get_default_triple()
    wide, registers, fused = 2, 32, True
    if triple.startswith(("x86", "i686", "amd64")):
        wide, registers = (4, 16) if has.get("avx2") else (2, 16)
        if has.get("avx512f") and has.get("avx512vl"):
            wide, registers = 8, 32
        fused = bool(has.get("fma"))
    return Machine(triple, llvm.get_host_cpu_name(), has.flatten(), wide, registers, fused)


@functools.cache
def bind_library() -> None:
    """Make the functions that Python's own ``math`` calls known to LLVM, as ``c.exp`` and so on.

    The names differ from C's so that nothing replaces or folds a call.
    """
    library = ctypes.CDLL("ucrtbase" if os.name == "nt" else getattr(math, "__file__", None))
    for name in LIBRARY:
        address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
        llvm.add_symbol(f"c.{name}", address)


class Loaded:
    """Machine code in this process; its functions live as long as this."""

    def __init__(self, code: bytes) -> None:
        bind_library()
        empty = llvm.parse_assembly("")
        self._engine = llvm.create_mcjit_compiler(empty, machine().target())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        return self._engine.get_function_address(name)  # type: ignore[no-any-return]


def load(text: str) -> Loaded:
    """The module ``text``, compiled, or read from the cache on disk.

    The cache is a file for each text, machine and version of LLVM: there is nothing to go stale. It
    is only a copy, so what is wrong with it is no error: where a file is damaged, of another
    program, no plain file, or in the reach of other users (it is code that will be run), the text
    is compiled, and the file written anew where that can be. The oldest go where there are many.
    ``STEPGRAD_CACHE`` names the folder; empty, nothing is kept.
    """
    here = machine()
    version = f"{llvmlite.__version__} {llvm.llvm_version_info} {here}"
    key = hashlib.sha256(f"{version}\n{text}".encode()).hexdigest()
    folder = cache_folder()
    code = read_private(folder / key) if folder is not None else None
    if code is None:
        module = llvm.parse_assembly(text)
        code = here.target().emit_object(module)
        if folder is not None:
            write_private(folder / key, code)
            with contextlib.suppress(OSError):  # there is none where it can't be made
                _trim(folder)
    return Loaded(code)


def cache_folder() -> Path | None:
    """Where compiled code is kept: ``STEPGRAD_CACHE``, else the user's folder for caches."""
    named = os.environ.get("STEPGRAD_CACHE")
    if named is not None:
        return Path(named) if named else None
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:  # no home
        return None
    return Path(base) / "stepgrad"


def _trim(folder: Path) -> None:
    """Leave the newest files of the cache; what another process removed is gone already."""
    names = [name for name in os.listdir(folder) if _OURS.fullmatch(name)]
    if len(names) > KEPT:
        made = {}
        for name in names:
            with contextlib.suppress(OSError):
                made[name] = os.stat(folder / name).st_mtime
        for name in sorted(made, key=made.__getitem__)[: -KEPT // 2]:
            with contextlib.suppress(OSError):
                os.unlink(folder / name)
