"""Experiments: functions ``run(*, seed, progress, ...)`` that return a `Result`; by name `ictal.EXPERIMENTS`."""
