"""The lesson's pictures as plots, drawn by matplotlib (the extra ``notebooks``).

Each takes ``ax=``, the Axes to draw on (None: a figure of its own), and returns the Axes.
matplotlib is imported when the first is drawn.
"""

from viz.plots.animation import DescentAnimation, animate_descent
from viz.plots.curves import plot_history, plot_momentum_weights, plot_schedules
from viz.plots.descent import (
    descent_path,
    plot_descent,
    plot_loss_surface,
    plot_saddle,
    plot_surface,
)
from viz.plots.fits import plot_decision_boundary, plot_fit, plot_line_fits
from viz.plots.functions import plot_activation, plot_cross_entropy, plot_losses, plot_steepness
from viz.plots.images import (
    plot_confusion_matrix,
    plot_digits,
    plot_misclassified,
    plot_weights,
)

__all__ = [
    "DescentAnimation",
    "animate_descent",
    "descent_path",
    "plot_activation",
    "plot_confusion_matrix",
    "plot_cross_entropy",
    "plot_decision_boundary",
    "plot_descent",
    "plot_digits",
    "plot_fit",
    "plot_history",
    "plot_line_fits",
    "plot_loss_surface",
    "plot_losses",
    "plot_misclassified",
    "plot_momentum_weights",
    "plot_saddle",
    "plot_schedules",
    "plot_steepness",
    "plot_surface",
    "plot_weights",
]
