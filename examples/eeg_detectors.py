"""Do detectors of seizures work by synchrony, or by amplitude? Synthetic EEG in which one rises without the other.

python examples/eeg_detectors.py
"""

import ictal
from ictal.analyses import score_detectors

CASES = {
    "both rise": {},
    "amplitude alone": {"seizure_correlation": 0.2},
    "synchrony alone": {"seizure_gain": 1.0},
    "nothing": {"seizure_correlation": 0.2, "seizure_gain": 1.0, "seizure_hz": 10.0, "seizure_share": 0.3},
}


def recordings(parameters: dict[str, float]) -> list[ictal.Recording]:
    """Two minutes each, the seizure from 80 s to 110 s."""
    runs = (ictal.simulate("synthetic_eeg", duration=120.0, onset=80.0, seed=seed, **parameters) for seed in range(2))
    return [run.recording("eeg") for run in runs]


for case, parameters in CASES.items():
    for found in score_detectors(recordings(parameters), baseline=(0.0, 60.0)):
        said = f"{found.hits}/{found.events} seizures, {found.false_alarms} false alarms in {found.hours:.2f} h"
        print(f"{case:<16} {found.detector:<12} {said}, latency {found.latency:.1f} s")
