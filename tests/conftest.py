"""Hypothesis profiles: HYPOTHESIS_PROFILE chooses one; where CI is set, ci; else dev."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

# on a loaded machine a deadline, or a limit on how long drawing takes, says nothing about the code
settings.register_profile(
    "dev", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True)
# a score of properties draw programs: together well over 100,000 of them
settings.register_profile("nightly", settings.get_profile("dev"), max_examples=10_000)
# tests/mutation runs them thousands of times, and has no use for a smaller counterexample
settings.register_profile(
    "mutation",
    settings.get_profile("ci"),
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)


@pytest.fixture(autouse=True, scope="module")
def only_our_primitives():
    """Takes out those that the doctests register, the README's too, where they have run before."""
    from autograd.primitive import table, take_out

    for entry in [entry for entry in table.values() if not entry.is_built_in]:
        take_out(entry)
