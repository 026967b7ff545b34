"""History: what happened in training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator


class History:
    """Losses, metrics, learning rates and gradient norms by epoch.

    ``history["loss"]`` is a list with a number for each epoch, and so are ``"learning_rate"``,
    ``"gradient_norm"``, each metric by its name, and with validation data ``"val_loss"`` and
    ``"val_..."`` of each metric. Printed, it is a table.

    Attributes
    ----------
    stopped:
        Why training ended early, '' if it did not.

    >>> history = History()
    >>> history.append({"loss": 0.5, "learning_rate": 0.1})
    >>> history.append({"loss": 0.25, "learning_rate": 0.1})
    >>> print(history)
    epoch  loss  learning_rate
        1   0.5            0.1
        2  0.25            0.1
    """

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []
        self.stopped = ""

    def append(self, epoch: dict[str, float]) -> None:
        """Add an epoch's numbers."""
        self.epochs.append(epoch)

    def columns(self) -> list[str]:
        """What there is a number of for each epoch."""
        return list(self.epochs[0]) if self.epochs else []

    def to_dict(self) -> dict[str, list[float]]:
        """A list with a number for each epoch, by name."""
        return {name: self[name] for name in self.columns()}

    def __getitem__(self, name: str) -> list[float]:
        if self.epochs and name not in self.epochs[0]:
            raise KeyError(
                f"{name!r} is not in this history; there are {', '.join(self.columns())}"
            )
        return [epoch[name] for epoch in self.epochs]

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.epochs)

    def __repr__(self) -> str:
        if not self.epochs:
            return "History(no epochs)"
        last = ", ".join(f"{name}={value:.4g}" for name, value in self.epochs[-1].items())
        return f"History({len(self)} epochs; last: {last})"

    def __str__(self) -> str:
        head = ["epoch", *self.columns()]
        rows = [
            [str(i), *(f"{value:.4g}" for value in epoch.values())]
            for i, epoch in enumerate(self.epochs, start=1)
        ]
        rows = rows if len(rows) <= 20 else [*rows[:10], ["..."] * len(head), *rows[-9:]]
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        lines = [
            "  ".join(c.rjust(w) for c, w in zip(r, widths, strict=True)) for r in [head, *rows]
        ]
        return "\n".join(lines + ([self.stopped] if self.stopped else []))
