"""Pictures of computation graphs, of networks and of training.

>>> from autograd import Value
>>> import viz
>>> w, x = Value(-3.0), Value(2.0)
>>> y = (w * x).tanh()
>>> y.backward()
>>> viz.draw(y).svg()[:4]
'<svg'
"""

from viz.digraph import draw_dot
from viz.drawing import Drawing, draw
from viz.render import RenderError
from viz.stepper import Stepper, step_through

__all__ = ["Drawing", "RenderError", "Stepper", "draw", "draw_dot", "step_through"]
