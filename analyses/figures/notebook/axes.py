"""Axes of the caller: checked, or made as those of a new figure of pyplot."""

from __future__ import annotations

import sys
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ....simulator import InputError

MAKE = "make new ones: figure, ax = plt.subplots()"


def axes_for(ax: Any) -> Axes:
    """Return the axes of the caller, or those of a new figure of pyplot, which a notebook shows by itself.

    The current axes of pyplot are never taken unasked, and no window opens before ``plt.show()``.

    Raises:
        InputError: no axes of matplotlib, axes that are not plain, or those of a figure that is closed.
    """
    if ax is None:
        from matplotlib import pyplot

        return pyplot.figure().add_subplot()
    if not isinstance(ax, Axes):
        fix = "give ax.gca()" if isinstance(ax, Figure) else "give one of them: ax[0]" if _several(ax) else MAKE
        raise InputError(f"plot.ax: must be one Axes of matplotlib; got {type(ax).__name__}: {fix}")
    if ax.name != "rectilinear":
        raise InputError(f"plot.ax: must be plain axes; got {ax.name!r}: {MAKE}")
    if is_closed(ax):
        raise InputError(f"plot.ax: the figure of these axes is closed: {MAKE}")
    return ax


def is_closed(ax: Axes) -> bool:
    """Return whether axes have no figure any more, or one that pyplot has closed.

    The inline backend of notebooks closes a figure at the end of its cell; such a figure can still be drawn and shown.
    """
    figure = ax.figure
    while figure is not None and not isinstance(figure, Figure):  # of figures within figures the outermost
        figure = figure.figure
    if figure is None or ax not in figure.axes:
        return True
    if getattr(figure, "number", None) is None or "inline" in str(matplotlib.get_backend()):
        return False  # of no pyplot, or closed by itself
    from matplotlib._pylab_helpers import Gcf

    return all(manager.canvas.figure is not figure for manager in Gcf.figs.values())


def displayed(figure: Figure) -> Figure:
    """Return a figure that belongs to no pyplot state; within IPython, load the backend that shows it."""
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        from matplotlib import pyplot

        pyplot.switch_backend(matplotlib.get_backend())
    return figure


def _several(ax: Any) -> bool:
    try:
        return all(isinstance(one, Axes) for one in getattr(ax, "flat", ax))
    except TypeError:
        return False
