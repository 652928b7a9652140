"""Experiments: functions ``run(*, seed, progress, ...)``; the registry is `ictal.verbs.names.EXPERIMENTS`."""
