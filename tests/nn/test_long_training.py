"""Thousands of steps without the collector, and trainings side by side."""

import gc
import itertools
import os
import statistics
import threading
import tracemalloc

import pytest
from hypothesis import settings

import nn

NIGHT = settings.get_current_profile_name() == "nightly"
STEPS = 10_000 if NIGHT else 500
EPOCHS = 10


def resident():
    """Bytes of memory that this process has, 0 where the system does not tell."""
    if not os.path.exists("/proc/self/statm"):
        return 0
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Watch:
    """A callback that notes the memory after each epoch but the first.

    It collects garbage first, of which there should be none: that also empties the lists in which
    CPython keeps thousands of freed tuples, and which tracemalloc counts.
    """

    def __init__(self):
        self.garbage, self.traced, self.resident = [], [], []

    def __call__(self, model, history):
        garbage = gc.collect()
        if len(history) > 1:
            self.garbage.append(garbage)
            self.traced.append(tracemalloc.get_traced_memory()[0])
            self.resident.append(resident())


def watched(optimizer, compile, batches):
    """A training of ten epochs of so many batches, and what was seen of it."""
    inputs, targets = nn.data.moons(2 * batches, labels=(-1, 1), noise=0.1, rng=0)
    model = nn.MLP(2, [2, 1], activation="tanh", rng=1)
    steps = getattr(nn.optim, optimizer)(model.parameters(), lr=0.01)
    watch = Watch()
    nn.fit(
        model,
        inputs,
        targets,
        "hinge",
        steps,
        epochs=EPOCHS,
        batch_size=2,
        max_grad_norm=1.0,
        callbacks=[watch],
        compile=compile,
        progress=False,
    )
    assert steps.steps == EPOCHS * batches
    return watch


@pytest.mark.parametrize("compile", [False, True], ids=["Values", "compiled"])
@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "NAdam"] if NIGHT else ["Adam"])
def test_memory_is_flat_with_no_collector(optimizer, compile):
    watched(optimizer, compile, batches=2)  # what is made at the first use stays
    gc.disable()
    gc.freeze()  # what other tests left need not be gone through each time
    tracemalloc.start()
    try:
        watch = watched(optimizer, compile, STEPS // EPOCHS)
    finally:
        tracemalloc.stop()
        gc.unfreeze()
        gc.enable()
    assert not any(watch.garbage), "objects in cycles"
    # the median: a dict of the interpreter's own, such as that of its strings, may grow meanwhile
    epoch = statistics.median(late - early for early, late in itertools.pairwise(watch.traced))
    process = watch.resident[-1] - watch.resident[0]
    print(f"{STEPS} steps: {epoch} bytes more an epoch, {process} of the process in all")
    # its line in the history takes 300 bytes; a node that stays a step, 200 bytes a step
    assert epoch < 2_000
    if NIGHT:  # a graph that stays a step takes 8 kB a step: too little to be seen in 500 steps
        assert process < 4_000_000


def trained(seed, compile):
    inputs, targets = nn.data.moons(24, labels=(-1, 1), noise=0.2, rng=seed)
    model = nn.MLP(2, [3, 1], activation="tanh", rng=seed)
    history = nn.fit(
        model,
        inputs,
        targets,
        "hinge",
        epochs=3,
        batch_size=8,
        metrics="accuracy",
        validation=(inputs[:5], targets[:5]),
        compile=compile,
        progress=False,
    )
    return repr((model.state_dict(), history.to_dict()))


def test_two_threads_train_as_one_does():
    """On Values and compiled, the same networks in two threads: bit for bit what one computes."""
    runs = [(seed, compile) for seed in range(4) for compile in (False, True)]
    wanted = [trained(*run) for run in runs]
    found = [{}, {}]

    def train(k, order):
        found[k].update((run, trained(*run)) for run in order)

    threads = [
        threading.Thread(target=train, args=(0, runs)),
        threading.Thread(target=train, args=(1, runs[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[0][run] for run in runs] == wanted
    assert [found[1][run] for run in runs] == wanted
