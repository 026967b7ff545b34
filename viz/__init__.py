"""Pictures of computation graphs, of networks and of training.

>>> from autograd import Value
>>> import viz
>>> w, x = Value(-3.0), Value(2.0)
>>> y = (w * x).tanh()
>>> y.backward()
>>> viz.draw(y).svg()[:4]
'<svg'
"""

from viz import plots
from viz.boundary import Boundary, draw_boundary
from viz.digraph import draw_dot
from viz.display import register
from viz.drawing import Drawing, draw
from viz.filming import Film, film
from viz.model import ModelDrawing, draw_model
from viz.plots import *  # noqa: F403 (all that it lists)
from viz.render import RenderError
from viz.stepper import Stepper, step_through

__all__ = [
    "Boundary",
    "Drawing",
    "Film",
    "ModelDrawing",
    "RenderError",
    "Stepper",
    "draw",
    "draw_boundary",
    "draw_dot",
    "draw_model",
    "film",
    "step_through",
]
__all__ += plots.__all__  # matplotlib is imported when the first is drawn

register()
del register
