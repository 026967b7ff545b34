"""Runs programs as machine code on numpy arrays."""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

try:
    import numpy
    import numpy.typing

    from autograd.compiler import jit
except ModuleNotFoundError as error:
    raise ImportError(
        f"{error.name} is not installed, which machine code needs: pip install 'stepgrad[fast]'"
    ) from error

from autograd.compiler import llvm
from autograd.compiler.code import Code
from autograd.compiler.data import checked, listed
from autograd.compiler.rows import BLOCK

Array = numpy.typing.NDArray[numpy.float64]

FEW = 4  # rows below which code for one row at a time is better than vectors of rows
WAVE = 8  # blocks to a thread between two additions

ADDRESS, COUNT, DOUBLE = ctypes.c_void_p, ctypes.c_int64, ctypes.c_double


def check(codes: Sequence[Code]) -> None:
    """Raise a ValueError if a primitive has no form in LLVM."""
    for code in codes:
        for primitive in set(code.primitives):
            if primitive is not None and primitive.llvm is None:
                raise ValueError(
                    f"the primitive {primitive.name!r} has no form in LLVM: give its entry "
                    "llvm=lambda ir, a: ... or, in place of value=, a definition= in terms of "
                    'other primitives, or compile with backend="python"'
                )


class Kernel:
    """The machine code of one program, for groups of rows or for one row at a time.

    Parameters
    ----------
    lanes:
        Rows to a vector; 0 for as many as the machine has.
    """

    def __init__(self, code: Code, gradient: bool, lanes: int, fast: bool) -> None:
        here = jit.machine()
        written = llvm.write(
            code, gradient, lanes or here.wide, here.wide, here.registers, fast and here.fused
        )
        self._loaded = jit.load(written.text)
        self._size = written.work
        self._free: list[Work] = []
        self.parameters = code.parameters
        common = [ADDRESS, COUNT, ADDRESS, ADDRESS, ADDRESS]
        if gradient:
            self.run = self._function("run", *common, ADDRESS, DOUBLE)
            self.sums = self._function("sums", *common)
            self.combine = self._function("combine", ADDRESS, ADDRESS, COUNT)
            self.finish = self._function("finish", ADDRESS, ADDRESS, DOUBLE)
        else:
            self.run = self._function("run", *common)

    def _function(self, name: str, *arguments: Any) -> Callable[..., None]:
        return ctypes.CFUNCTYPE(None, *arguments)(self._loaded.address(name))

    def take(self) -> Work:
        """A work buffer that nobody else uses; ``give`` it back."""
        try:
            return self._free.pop()
        except IndexError:
            return Work(self._size, self.parameters)

    def give(self, work: Work) -> None:
        self._free.append(work)


class Work:
    """What one thread computes in: the work buffer, and sums of derivatives and of the value."""

    def __init__(self, size: int, parameters: int) -> None:
        self._buffer = numpy.zeros(size + 8)
        self.buffer = -(-address(self._buffer) // 64) * 64  # whole cache lines
        self.sums = numpy.zeros(parameters + 1)
        self.total = address(self.sums)


def address(array: Array) -> int:
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]


class Last:
    """The address of the array that was used last: in a training run it is the same each time."""

    __slots__ = ("_array", "address")

    def __init__(self, array: Array | None = None) -> None:
        self._array = weakref.ref(array) if array is not None else None
        self.address = 0 if array is None else address(array)

    def of(self, array: Array) -> Last:
        return self if self._array is not None and self._array() is array else Last(array)


class NativeBackend:
    """Machine code for a program's outputs and for its gradient, made when first needed.

    Parameters
    ----------
    codes:
        The program's code for its outputs, and for its value and gradient.
    threads:
        How many threads rows are split over.
    fast:
        Whether bit equality may be given up for speed.
    """

    name = "llvm"

    def __init__(self, codes: Sequence[Code], threads: int, fast: bool) -> None:
        self._codes = codes
        self._inputs = codes[0].inputs
        self._names = [codes[0].labels[k] for k in range(self._inputs)]
        self._parameters = codes[0].parameters
        self._threads = threads
        self._fast = fast
        self._kernels: dict[tuple[bool, int], Kernel] = {}
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._process = 0
        self._rows_at = self._parameters_at = self._gradient_at = Last()

    def _kernel(self, gradient: bool, rows: int) -> Kernel:
        key = gradient, 1 if rows < FEW else 0
        kernel = self._kernels.get(key)
        if kernel is None:
            with self._lock:
                if key not in self._kernels:
                    self._kernels[key] = Kernel(self._codes[gradient], *key, self._fast)
                kernel = self._kernels[key]
        return kernel

    def _rows(self, rows: Any) -> Array:
        """Rows as a contiguous float64 array; themselves if they are."""
        if type(rows) is not numpy.ndarray:
            numbers = listed(rows, self._names)
            return numpy.array(numbers, dtype=float).reshape(len(numbers), self._inputs)
        if (
            rows.dtype == float
            and rows.ndim == 2
            and rows.shape[1] == self._inputs
            and rows.flags.c_contiguous
            and rows.flags.aligned
        ):
            return rows
        return checked(rows, self._names)  # type: ignore[no-any-return]

    def _flat(self, numbers: Any, what: str) -> Array:
        """The parameters as a contiguous float64 array; themselves if they are."""
        array: Array = numpy.ascontiguousarray(numbers, dtype=float)
        if array.shape != (self._parameters,):
            raise ValueError(f"{what} has shape {array.shape}, ({self._parameters},) is wanted")
        return array

    def outputs(self, rows: Any, parameters: Any) -> Array:
        """For each row its outputs: (rows, outputs)."""
        data = self._rows(rows)
        numbers = self._flat(parameters, "parameters")
        results = numpy.empty((len(data), len(self._codes[0].outputs)))
        kernel = self._kernel(False, len(data))

        def run(start: int, stop: int) -> None:
            work = kernel.take()
            part, out = data[start:stop], results[start:stop]
            kernel.run(address(part), len(part), address(numbers), work.buffer, address(out))
            kernel.give(work)

        self._over_threads(run, 0, len(data))
        return results

    def value_and_grad(
        self, rows: Any, parameters: Any, mean: bool, gradient: Any = None
    ) -> tuple[float, Any]:
        """The sum or mean of the value over the rows, and those of the derivatives."""
        data = self._rows(rows)
        count = len(data)
        if mean and not count:
            raise ValueError("rows: the mean of no rows is wanted, write at least one")
        numbers = self._flat(parameters, "parameters")
        result = self._result(gradient)
        kernel = self._kernel(True, count)
        divisor = float(count) if mean else 1.0
        work = kernel.take()
        if self._threads > 1 and count > BLOCK:
            self._sum(kernel, data, numbers, work)
            kernel.finish(work.total, address(result), divisor)
        else:
            self._rows_at = rows_at = self._rows_at.of(data)
            self._parameters_at = numbers_at = self._parameters_at.of(numbers)
            self._gradient_at = result_at = self._gradient_at.of(result)
            places = rows_at.address, count, numbers_at.address, work.buffer, work.total
            kernel.run(*places, result_at.address, divisor)
        value = float(work.sums[-1])
        kernel.give(work)
        if gradient is not None and gradient is not result:
            gradient[:] = result.tolist()
            return value, gradient
        return value, result if gradient is not None or data is rows else self._in_kind(
            result, rows
        )

    def _in_kind(self, result: Array, rows: Any) -> Any:
        return result if isinstance(rows, numpy.ndarray) else result.tolist()

    def _result(self, gradient: Any) -> Array:
        """Where the derivatives go: the caller's array if machine code can write to it."""
        if type(gradient) is numpy.ndarray:
            fits = gradient.shape == (self._parameters,) and gradient.dtype == float
            if fits and gradient.flags.c_contiguous and gradient.flags.writeable:
                return gradient
            raise ValueError(
                f"gradient: a contiguous writable float64 array of shape ({self._parameters},) is "
                f"wanted, got {gradient.dtype} of shape {gradient.shape}"
            )
        return numpy.empty(self._parameters)

    def _sum(self, kernel: Kernel, data: Array, numbers: Array, work: Work) -> None:
        """The sums over all rows into ``work.sums``: block by block, in the order of blocks."""
        wave = WAVE * self._threads
        blocks = numpy.empty((wave, self._parameters + 1))
        work.sums[:] = 0.0
        for start in range(0, len(data), wave * BLOCK):
            stop = min(start + wave * BLOCK, len(data))

            def run(first: int, last: int, start: int = start) -> None:
                own = kernel.take()
                part, out = data[first:last], blocks[(first - start) // BLOCK :]
                kernel.sums(address(part), len(part), address(numbers), own.buffer, address(out))
                kernel.give(own)

            self._over_threads(run, start, stop)
            kernel.combine(work.total, address(blocks), -(-(stop - start) // BLOCK))

    def _over_threads(self, run: Callable[[int, int], None], start: int, stop: int) -> None:
        """``run`` on range(start, stop), cut between blocks into a part for each thread."""
        blocks = -(-(stop - start) // BLOCK)
        parts = min(self._threads, blocks)
        if parts <= 1:
            run(start, stop)
            return
        if self._pool is None or self._process != os.getpid():  # a fork has none of its threads
            self._pool = ThreadPoolExecutor(self._threads, "stepgrad")
            self._process = os.getpid()
        cuts = [min(start + BLOCK * (blocks * k // parts), stop) for k in range(parts + 1)]
        for _ in self._pool.map(run, cuts[:-1], cuts[1:]):
            pass
