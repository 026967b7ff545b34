"""The fuzzer's corpus, replayed without it: `fuzz.py` tells how it came about."""

import json
import random

import fuzz
import pytest
from hypothesis import settings
from targets import TARGETS

CASES = [(name, case) for name in TARGETS for case in fuzz.cases(name)]


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_is_small_and_reads_back(name):
    cases, target = fuzz.cases(name), TARGETS[name]
    assert len(cases) >= 20
    assert [target.decoded(target.encoded(case)) for case in cases] == cases
    assert fuzz.CORPUS.stat().st_size < 50_000


@pytest.mark.parametrize(("name", "case"), CASES, ids=[json.dumps(c)[:60] for _, c in CASES])
def test_a_case_does_only_what_it_should(name, case):
    TARGETS[name].check(TARGETS[name].encoded(case))


@pytest.mark.parametrize("name", TARGETS)
def test_graphviz_itself_agrees(name):
    for case in fuzz.cases(name)[::12]:
        TARGETS[name].check_sample(TARGETS[name].encoded(case))


@pytest.mark.parametrize("name", TARGETS)
def test_cases_like_those_of_the_corpus(name):
    # without a guide, but in every run: as many as Hypothesis' profile has examples
    target, rng = TARGETS[name], random.Random(name)
    pool = [target.encoded(case) for case in fuzz.cases(name)]
    for _ in range(settings().max_examples):
        data = target.mutated(rng.choice(pool), rng)
        try:
            target.check(data)
        except Exception as error:
            error.add_note(json.dumps(target.decoded(data)))
            raise
