"""Evidence: courses of training, effects of claims, verdicts by written rules. Nothing here trains or simulates."""

from .course import Course, course_of
from .effect import Effect, effect
from .rules import Decision, Finding, decide
from .store import Evidence, Observations

__all__ = [
    "Course",
    "Decision",
    "Effect",
    "Evidence",
    "Finding",
    "Observations",
    "course_of",
    "decide",
    "effect",
]
