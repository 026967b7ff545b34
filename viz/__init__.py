"""Pictures of computation graphs.

>>> from autograd import Value
>>> import viz
>>> x = Value(2.0)
>>> y = x.tanh()
>>> viz.draw(y).save("/dev/null")
Traceback (most recent call last):
    ...
ValueError: '/dev/null' does not say what to write: end it in .svg, .png, .pdf, .dot, .html
"""

from viz.drawing import Drawing, draw
from viz.render import RenderError

__all__ = ["Drawing", "RenderError", "draw"]
