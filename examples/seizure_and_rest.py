"""One network, one inhibition, two states: simulate rest and a seizure, measure both, keep the file.

python examples/seizure_and_rest.py [FOLDER]
"""

import sys
from pathlib import Path

import ictal

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
window = (2.0, 3.0)  # s; the trigger ends at 1.0 s

for protocol in ("rest", "trigger"):
    run = ictal.simulate("seizure", protocol=protocol, g=1.0, trigger_until=1.0, duration=3.0, seed=1)
    ictal.save(run, folder / f"{protocol}.h5", force=True)

    cells = run.spikes("E").select(time=window)
    lfp = run.recording("lfp").select(time=window)
    print(f"{protocol}: {cells.time.size / cells.n_units / cells.duration:.1f} spikes/s a cell")
    print(ictal.measure(cells, measures=["golomb_chi", "chi_c", "spike_phase_r1", "cv_isi"], units=500))
    print(ictal.measure(lfp, measures="spectral_peak"))
