"""fit: epochs of mini-batches, with everything that one watches meanwhile."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd import Value, first_nonfinite
from nn import losses, metrics
from nn.arguments import Random, amount, generator, whole
from nn.compiled import compiled_or_none
from nn.data import shuffled_batches
from nn.history import History
from nn.module import Module
from nn.optim import Adam, Optimizer
from nn.runner import Eager, Runner, Task, numbers, prediction_for

Callback = Callable[[Module, History], Any]

_NOT_SHOWN = ("learning_rate", "gradient_norm")  # beside the bar: the loss and the metrics


class NonFiniteError(ArithmeticError):
    """The loss became inf or nan; no parameter was changed by that batch.

    Attributes
    ----------
    node:
        The first node of the batch's graph that is inf or nan.
    history:
        The epochs before.
    """

    def __init__(self, node: Value, where: str, history: History) -> None:
        operands = ", ".join(f"{o.name or o.op or 'a number'} = {o.data!r}" for o in node.args)
        made = f"{node.op!r} of ({operands})" if node.op else f"the leaf {node.name or ''}"
        super().__init__(
            f"the loss is not finite {where}: the first such number is {node.data!r}, {made}. A "
            "smaller learning rate, max_grad_norm=, or standardized inputs usually help"
        )
        self.node = node
        self.history = history


class EarlyStopping:
    """A callback that stops when a number has not improved, and takes the best parameters back.

    Parameters
    ----------
    patience:
        How many epochs without improvement are waited for.
    monitor:
        Which column of the history must fall; None: ``val_loss`` if there is one, else ``loss``.
    min_delta:
        By how much it must fall to count.
    """

    def __init__(
        self, patience: int = 10, monitor: str | None = None, min_delta: float = 0.0
    ) -> None:
        self.patience = whole("patience", patience, low=0)
        self.monitor = monitor
        self.min_delta = amount("min_delta", min_delta)
        self.best = math.inf
        self.best_epoch = 0
        self._state: dict[str, float] = {}

    def __call__(self, model: Module, history: History) -> str:
        name = self.monitor or ("val_loss" if "val_loss" in history.columns() else "loss")
        current = history[name][-1]
        if current < self.best - self.min_delta:
            self.best, self.best_epoch = current, len(history)
            self._state = model.state_dict()
        if len(history) - self.best_epoch <= self.patience:
            return ""
        return (
            f"stopped early: the best {name}, {self.best:.4g}, was that of epoch {self.best_epoch}"
        )

    def finish(self, model: Module) -> None:
        """Give ``model`` the best parameters seen."""
        if self._state:
            model.load_state_dict(self._state)


def fit(
    model: Module,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    loss: str | losses.Loss = "mse",
    optimizer: Optimizer | None = None,
    *,
    epochs: int = 100,
    batch_size: int | None = None,
    penalty: Callable[[Module], Any] | None = None,
    max_grad_norm: float | None = None,
    validation: tuple[Sequence[Any], Sequence[Any]] | None = None,
    metrics: Any = (),
    callbacks: Iterable[Callback] = (),
    rng: Random = 0,
    progress: bool | None = None,
    compile: bool | str = False,
) -> History:
    """Train ``model`` by mini-batch gradient descent, and return what happened.

    Ctrl-C ends training; what was learnt is kept and the history returned.

    Parameters
    ----------
    model:
        Called with one row of ``inputs`` at a time.
    inputs, targets:
        One row and one target for each sample: lists, or numpy arrays.
    loss:
        A name of ``nn.losses`` or a function of (prediction, target): a Value, or a list of them
        where the model gives one, and the target as it stands in ``targets``.
    optimizer:
        Of the model's parameters; None: Adam with lr 0.01.
    epochs, batch_size:
        How often all samples are gone through, and how many at a time (None: all at once), in a
        new random order each epoch, each sample once.
    penalty:
        A function of the model added to the mean loss: ``lambda m: nn.losses.l2(m, 1e-4)``.
    max_grad_norm:
        Gradients are clipped to this norm.
    validation:
        (inputs, targets) to compute the loss and the metrics of after each epoch.
    metrics:
        A name of ``nn.metrics``, a function of (prediction, target), or several; their means over
        the samples are taken after each epoch.
    callbacks:
        Called after each epoch with (model, history); one that returns something true ends
        training, such as ``nn.EarlyStopping()``.
    rng:
        A seed or a random.Random for the order of the samples.
    progress:
        Whether to show a progress bar; None: in a terminal and in a notebook.
    compile:
        Whether to record the loss of one sample once, compile it, and run that over the batches:
        the same training to the last bits that the order of sums allows, much faster. "auto" does
        so where it can, and says so where it can't.

    Raises
    ------
    DataDependentGraphError
        With ``compile=True``, if the loss branches on its data; it names the line.
    NonFiniteError
        If the loss becomes inf or nan; it names the operation that first went wrong.

    >>> from nn import MLP
    >>> from nn.data import xor
    >>> inputs, targets = xor(labels=(-1, 1))
    >>> model = MLP(2, [4, 1], activation="tanh", rng=1)
    >>> history = fit(model, inputs, targets, "hinge", epochs=200, metrics="accuracy")
    >>> history["accuracy"][-1]
    1.0
    """
    inputs, targets = _pair("fit", inputs, targets)
    optimizer = optimizer or Adam(model.parameters(), lr=0.01)
    loss_of = losses.resolve(loss)
    measures = _measures(metrics, loss_of, targets)
    batch = len(inputs) if batch_size is None else whole("batch_size", batch_size, low=1)
    if max_grad_norm is not None:
        amount("max_grad_norm", max_grad_norm)
    task = Task(model, inputs, targets, loss_of, penalty, optimizer, max_grad_norm)
    runner: Runner = compiled_or_none(compile, task) or Eager(task)
    checked = {"": (inputs, targets)}
    if validation is not None:
        checked["val_"] = _pair("validation", *validation)
    order = generator(rng)
    callbacks = list(callbacks)
    history = History()
    bar = _bar(whole("epochs", epochs, low=0), progress)
    try:
        for _ in range(epochs):
            batches = shuffled_batches(len(inputs), batch, order)
            epoch = _epoch(runner, task, history, batches)
            runner.write_back()
            for prefix, (xs, ts) in checked.items():
                epoch |= _checked(runner, prefix, xs, ts, loss_of, measures)
            history.append(epoch)
            if bar is not None:
                bar.update(1)
                bar.set_postfix({k: f"{v:.4g}" for k, v in epoch.items() if k not in _NOT_SHOWN})
            stops = [str(stop) for stop in [c(model, history) for c in callbacks] if stop]
            if stops:
                history.stopped = stops[0]
                break
    except KeyboardInterrupt:
        history.stopped = f"interrupted in epoch {len(history) + 1}"
    finally:
        runner.write_back()
        if bar is not None:
            bar.close()
    for callback in callbacks:
        if hasattr(callback, "finish"):
            callback.finish(model)
    return history


def _epoch(
    runner: Runner, task: Task, history: History, batches: Iterable[list[int]]
) -> dict[str, float]:
    """One pass over the samples: the mean cost, the learning rate, the mean gradient norm."""
    costs, norms, samples, count = 0.0, 0.0, 0, 0
    rate = task.optimizer.learning_rate
    for rows in batches:
        cost, norm = runner.learn(rows)
        if not math.isfinite(cost):
            runner.write_back()
            wrong = task.cost(rows)
            where = f"in epoch {len(history) + 1}, batch {count + 1}"
            raise NonFiniteError(first_nonfinite(wrong) or wrong, where, history)
        costs += cost * len(rows)
        norms += norm
        samples += len(rows)
        count += 1
    return {"loss": costs / samples, "learning_rate": rate, "gradient_norm": norms / count}


def _checked(
    runner: Runner,
    prefix: str,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    loss: losses.Loss,
    measures: dict[str, metrics.Metric],
) -> dict[str, float]:
    """The metrics, and for validation the loss, of the model as it is after the epoch."""
    wanted = dict(measures)
    if prefix:
        wanted = {"loss": lambda p, t: float(numbers(loss(prediction_for(loss, p), t)))} | wanted
    if not wanted:
        return {}
    predictions = runner.predict(inputs)
    return {
        prefix + name: math.fsum(map(measure, predictions, targets)) / len(targets)
        for name, measure in wanted.items()
    }


def _measures(wanted: Any, loss: losses.Loss, targets: Sequence[Any]) -> dict[str, metrics.Metric]:
    """The metrics by name; accuracy with the threshold that the loss and the labels mean."""
    wanted = [wanted] if isinstance(wanted, str) or callable(wanted) else list(wanted)
    found = dict(metrics.resolve(metric) for metric in wanted)
    if found.get("accuracy") is metrics.accuracy:
        margins = (losses.hinge, losses.squared_hinge, losses.binary_cross_entropy_with_logits)
        labels = [t[0] if isinstance(t, list) else t for t in targets]
        halves = loss not in margins and all(label in (0, 1) for label in labels)
        threshold = 0.5 if halves else 0.0
        found["accuracy"] = lambda p, t: metrics.accuracy(p, t, threshold)
    return found


def _pair(what: str, inputs: Any, targets: Any) -> tuple[list[Any], list[Any]]:
    """Both as lists, of one length and not empty."""
    inputs, targets = _rows("inputs", inputs), _rows("targets", targets)
    if len(inputs) != len(targets) or not inputs:
        raise ValueError(
            f"{what} wants a target for each row; got {len(inputs)} rows, {len(targets)} targets"
        )
    return inputs, targets


def _rows(what: str, rows: Any) -> list[Any]:
    """``rows`` as a list; a numpy array as lists of floats."""
    if hasattr(rows, "tolist"):
        rows = rows.tolist()
    if not hasattr(rows, "__len__") or isinstance(rows, str):
        raise TypeError(f"{what} wants a list with one entry a sample; got {rows!r}")
    return list(rows)


def _bar(epochs: int, progress: bool | None) -> Any:
    """tqdm's bar, the notebook's kind where that can be shown; None where none is wanted.

    It has a lock of its own: Ctrl-C may leave a bar's lock held for ever, and tqdm's bars share
    one, so that training in another thread would wait for it.
    """
    if not (sys.stderr.isatty() or _in_notebook() if progress is None else progress):
        return None
    import tqdm

    kind: Any = tqdm.tqdm
    if _in_notebook():
        from importlib.util import find_spec

        if find_spec("ipywidgets"):
            import tqdm.notebook

            kind = tqdm.notebook.tqdm
    # no monitor either: a thread that would use the lock, too
    own: Any = type("Bar", (kind,), {"monitor_interval": 0})
    own.set_lock(threading.RLock())
    return own(total=epochs, desc="fit", unit="epoch")


def _in_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
