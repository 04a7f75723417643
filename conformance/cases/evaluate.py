"""evaluate.json: evaluation step by step."""

from . import evaluate_broken, evaluate_default, evaluate_prerequisites, evaluate_rollouts, evaluate_steps
from .document import Document

DESCRIPTION = (
    'Evaluation (§2, §3). "ruleset" names one of "rulesets"; "flag" is evaluated with "context" and "default" at "now" (epoch '
    'ms, 0 without one). All members of "expected" have to be equal; one that it does not hold has to be absent.'
)


def document():
    cases = Document(DESCRIPTION, rulesets={})
    for module in (evaluate_steps, evaluate_prerequisites, evaluate_rollouts, evaluate_broken, evaluate_default):
        module.add_all(cases)
    return cases
