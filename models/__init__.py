"""The systems: everything that yields a Run."""

from ..simulator.doors import door
from ..simulator.registry import Registry

__getattr__, __dir__, __all__ = door(__name__)

SYSTEMS = Registry("system", "ictal.models", {
    "seizure": (
        "spiking.seizure:SeizureNetwork",
        "LIF network of 2000 cells that rests, or seizes when inhibition fails",
    ),
    "cuba": ("spiking.cuba:Cuba", "CUBA benchmark: 4000 current-based LIF cells, irregular activity"),
    "lif": ("spiking.lif:LifCells", "independent LIF cells: rates against theory, under constant and changing drive"),
    "balanced": (
        "spiking.balanced:Balanced",
        "Brunel's balanced network of 12,500 LIF cells; four regimes by g and eta",
    ),
    "lif_ring": ("spiking.lif_ring:LifRing", "LIF ring with cosine weights that holds a bump of activity"),
    "compte": ("spiking.compte:Compte", "spiking working memory: an NMDA ring that keeps the place of a cue"),
    "ring": ("rate.ring:Ring", "threshold-linear ring whose bump is known in closed form"),
    "zhang": ("rate.zhang:Zhang", "head direction: a ring that integrates angular velocity"),
    "synthetic_eeg": ("synthetic_eeg:SyntheticEeg", "channels of planted correlation and amplitude, with a seizure"),
    "epileptor": ("rate.epileptor:Epileptor", "neural mass that seizes by itself; nodes on any graph"),
    "wilson_cowan": (
        "rate.wilson_cowan:WilsonCowan",
        "excitation and inhibition that settle or swing; nodes on any graph",
    ),
    "kuramoto": ("rate.kuramoto:Kuramoto", "phase oscillators that lock above a critical coupling"),
    "stuart_landau": ("rate.stuart_landau:StuartLandau", "oscillators with an amplitude, which coupling can kill"),
    "classifier": (
        "trained.classifier:Classifier",
        "MLP on images; its layers over samples, a morph loop and training",
    ),
}, needs=("__dataclass_fields__", "record"))  # fmt: skip
