"""Each case gets all checks in turn, the first of each class always."""

import pathlib
import types

import pytest

import keras_multimodal
from keras_multimodal.testing.layer_conformance import _CHECKS
from tests.suite import conformance_tiers
from tests.suite.conformance_tiers import COSTLY, DIGEST, checks_of, digest_of, is_drawn

CASES = [("A", {}), pytest.param("A", {"units": 3}), ("B", {}), ("A", {"units": 4})]
DIGESTS = [f"{number:012x}" for number in range(40)]


def test_the_first_case_of_each_class_gets_all_checks():
    made = [set(checks_of(CASES, place, drawn=False)) for place in range(len(CASES))]
    assert made[0] == made[2] == set(_CHECKS)
    assert made[1] == made[3] == set(_CHECKS) - COSTLY
    assert set(checks_of(CASES, 3, drawn=True)) == set(_CHECKS)


def test_a_quarter_is_drawn_by_the_digest_and_in_the_end_every_case():
    names = [f"test_conformance[{number}]" for number in range(100)]
    drawn = [{name for name in names if is_drawn(digest, name)} for digest in DIGESTS]
    assert set().union(*drawn) == set(names)
    assert 900 < sum(map(len, drawn)) < 1100  # of 4,000
    assert drawn[0] != drawn[1]
    assert drawn[0] == {name for name in names if is_drawn(DIGESTS[0], name)}


def test_the_digest_is_that_of_the_commit_or_the_version(tmp_path):
    assert digest_of(tmp_path) == keras_multimodal.__version__


def config_of(**options):
    """Return a configuration with the digest that a plugin has given it, and these options."""
    options = {"conformance_digest": None, "all_conformance": False, **options}
    config = types.SimpleNamespace(
        stash=pytest.Stash(), getoption=options.get, rootpath=pathlib.Path(__file__).parent
    )
    conformance_tiers.pytest_configure(config)
    return config


def test_a_run_can_be_repeated_by_the_digest_in_its_header():
    config = config_of(conformance_digest="abc")
    assert config.stash[DIGEST] == "abc"
    assert "--conformance-digest=abc" in conformance_tiers.pytest_report_header(config)
    everything = config_of(all_conformance=True)
    assert "all checks on all cases" in conformance_tiers.pytest_report_header(everything)


def test_workers_have_the_digest_of_the_main_process():
    node = types.SimpleNamespace(config=config_of(conformance_digest="abc"), workerinput={})
    conformance_tiers.pytest_configure_node(node)
    worker = config_of()
    worker.workerinput = node.workerinput
    conformance_tiers.pytest_configure(worker)
    assert worker.stash[DIGEST] == "abc"


@pytest.mark.parametrize(("cls", "options"), CASES)
def test_a_test_is_given_its_checks(cls, options, conformance_checks):
    assert set(conformance_checks) >= set(_CHECKS) - COSTLY
    if not options:
        assert set(conformance_checks) == set(_CHECKS)
