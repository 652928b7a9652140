"""Evidence: trainings, effects of claims, verdicts by written rules. Nothing here trains or simulates."""
