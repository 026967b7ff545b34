"""Several optimizers on one surface, step by step, as an animation."""

from __future__ import annotations

import io
import json
from html import escape
from os import PathLike, fspath
from pathlib import Path as FilePath
from typing import Any

from nn.arguments import whole
from nn.files import write_atomically
from viz.plots.canvas import Axes, pyplot
from viz.plots.descent import Paths, Surface, by_name, plot_loss_surface
from viz.png import data_uri


class DescentAnimation:
    """Descents on a surface, one frame a step. A notebook plays it; ``save`` writes a GIF.

    Attributes
    ----------
    ax:
        What it is drawn on.
    frames:
        How many.
    """

    def __init__(self, paths: Paths, ax: Axes, interval: int) -> None:
        self.ax, self.interval = ax, interval
        self._paths = list(by_name(paths).values())
        self.frames = max(map(len, self._paths))
        # the last that were drawn: each path is a line and a ring around its start
        self._lines = ax.get_lines()[-2 * len(self._paths) :: 2]
        self._title = ax.get_title()

    def draw(self, step: int) -> list[Any]:
        """Show the paths up to ``step``; one that is shorter stays at its end."""
        for line, path in zip(self._lines, self._paths, strict=True):
            line.set_data(*zip(*path[: step + 1], strict=True))
        self.ax.set_title(f"{self._title}, step {step}")
        return list(self._lines)

    def images(self) -> list[Any]:
        """The frames as images of 64 colours (PIL's, which matplotlib brings along)."""
        from PIL import Image

        figure = self.ax.figure
        figure.canvas.draw()
        figure.set_layout_engine("none")  # laid out once: every frame has the same room
        found = []
        for step in range(self.frames):
            self.draw(step)
            data = io.BytesIO()
            figure.savefig(data, format="png", dpi=90)
            found.append(Image.open(data).convert("RGB").quantize(64))
        pyplot().close(figure)
        return found

    def to_html(self) -> str:
        """A player in HTML that holds its frames and its script: no other file, no network."""
        frames = []
        for image in self.images():
            data = io.BytesIO()
            image.save(data, format="png", optimize=True)
            frames.append(data_uri(data.getvalue()))
        alt = escape(f"{self._title}: " + ", ".join(x.get_label() for x in self._lines), quote=True)
        return _PLAYER.format(
            interval=self.interval,
            last=len(frames) - 1,
            end=frames[-1],
            alt=alt,
            frames=json.dumps(frames),
        )

    def _repr_html_(self) -> str:
        return self.to_html()

    def save(self, path: str | PathLike[str]) -> FilePath:
        """Write a GIF (or the player, as .html), and return the path.

        Raises
        ------
        ValueError
            If the name ends in neither.
        """
        target = FilePath(fspath(path))
        suffix = target.suffix.lower()
        if suffix not in (".gif", ".html"):
            raise ValueError(f"{str(target)!r}: an animation is written as .gif or .html")
        if suffix == ".html":
            write_atomically(target, self.to_html().encode())
            return target
        first, *rest = self.images()
        data = io.BytesIO()
        first.save(data, "gif", save_all=True, append_images=rest, duration=self.interval, loop=0)
        write_atomically(target, data.getvalue())
        return target


_PLAYER = """\
<div data-stepgrad-animation="{interval}">
<img src="{end}" alt="{alt}" style="max-width:100%">
<div>
<button type="button" data-lm-suppress-shortcuts="true">Play</button>
<input type="range" min="0" max="{last}" value="{last}" aria-label="step"
 data-lm-suppress-shortcuts="true">
</div>
<script type="application/json">{frames}</script>
</div>
<script>
document.querySelectorAll("[data-stepgrad-animation]:not([data-ready])").forEach((root) => {{
  root.dataset.ready = "yes";
  const [image, button, slider] = ["img", "button", "input"].map((n) => root.querySelector(n));
  const frames = JSON.parse(root.querySelector("script").textContent);
  let timer = null;
  const show = (i) => {{ slider.value = i; image.src = frames[i]; }};
  const stop = () => {{ clearInterval(timer); timer = null; button.textContent = "Play"; }};
  slider.oninput = () => {{ stop(); show(Number(slider.value)); }};
  button.onclick = () => {{
    if (timer !== null) return stop();
    if (Number(slider.value) === frames.length - 1) show(0);
    button.textContent = "Pause";
    timer = setInterval(() => {{
      const next = Number(slider.value) + 1;
      if (next < frames.length) show(next); else stop();
    }}, Number(root.dataset.stepgradAnimation));
  }};
}});
</script>
"""


def animate_descent(
    f: Surface,
    paths: Paths,
    *,
    extent: tuple[float, float, float, float] | None = None,
    interval: int = 200,
    ax: Axes | None = None,
) -> DescentAnimation:
    """Optimizers racing on one surface, step by step.

    Parameters
    ----------
    f:
        A function of a list of two numbers.
    paths:
        Points as ``descent_path`` gives, or several such by name.
    extent:
        (left, right, bottom, top); None: around the paths.
    interval:
        Milliseconds a frame.

    Raises
    ------
    ValueError
        If there is no path.
    """
    whole("interval", interval, low=1)
    if not by_name(paths):
        raise ValueError("paths wants at least one path to animate; got none")
    ax = plot_loss_surface(f, paths, extent=extent, ax=ax)
    ax.get_legend().set_loc("upper right")  # the best place would change from frame to frame
    return DescentAnimation(paths, ax, interval)
