"""A Ctrl-C at a chosen moment, the same each time.

CPython looks for signals when a function written in Python is entered (or a generator goes on) and
when one written in C has returned. A profiler is called at the same places; what it raises there
is raised in the program, as a KeyboardInterrupt would be. Like that, it is lost where it meets a
finalizer.
"""

import gc
import random
import sys

from hypothesis import settings


class Interrupt:
    """A profiler that raises ``error`` at the ``at``-th such moment; at 0 it only counts them."""

    def __init__(self, at=0, error=KeyboardInterrupt):
        self.at, self.error, self.moments = at, error, 0
        self.where = None

    def __call__(self, frame, event, argument):
        if event in ("call", "c_return"):
            self.moments += 1
            if self.moments == self.at:
                code = frame.f_code
                self.where = f"{event} in {code.co_qualname}, {code.co_filename}:{frame.f_lineno}"
                raise self.error

    def run(self, function):
        """What ``function()`` returns, or None where it was interrupted."""
        hook, sys.unraisablehook = sys.unraisablehook, lambda unraisable: None
        collecting = gc.isenabled()
        gc.disable()  # Hypothesis counts its time by a function, which would be one more moment
        sys.setprofile(self)
        try:
            return function()
        except self.error:
            return None
        finally:
            sys.setprofile(None)
            sys.unraisablehook = hook
            if collecting:
                gc.enable()


def moments(function, most=None):
    """The moments of ``function()``, counted from 1; ``most`` of them unless it is night."""
    counting = Interrupt()
    counting.run(function)
    every = range(1, counting.moments + 1)
    if most is None or len(every) <= most or settings.get_current_profile_name() == "nightly":
        return every
    return sorted(random.Random(0).sample(every, most))
