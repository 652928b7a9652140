# The public names, one a line, loaded when first used; a constant has its words behind it. docs/api.md lists all.

from .analyses.claims import CLAIMS as CLAIMS  # the claims of the paper, by name
from .analyses.comparison.result import Comparison as Comparison
from .analyses.dynamics.result import DynamicsResult as DynamicsResult
from .analyses.eeg.result import EegResult as EegResult
from .analyses.evidence.store import Evidence as Evidence
from .analyses.evidence.tasks import TaskResult as TaskResult
from .analyses.measures import MEASURES as MEASURES  # the measures of synchrony, by name
from .analyses.values import Measurements as Measurements
from .analyses.why.result import WhyResult as WhyResult
from .experiments.planted import PLANTED_CASES as PLANTED_CASES  # the cases of planted truth
from .experiments.planted import PLANTED_CLAIMS as PLANTED_CLAIMS  # their claims, each with its effects
from .experiments.planted import planted as planted
from .experiments.planted_rates import PLANTED_FAMILIES as PLANTED_FAMILIES  # claims and their planted evidence
from .experiments.planted_rates import PlantedRate as PlantedRate
from .experiments.planted_rates import PlantedRates as PlantedRates
from .experiments.planted_rates import error_rates as error_rates
from .experiments.reproduce import ledger as ledger
from .experiments.reproduce import reproduce as reproduce
from .models import SYSTEMS as SYSTEMS  # the systems, by name
from .models.architectures import ARCHITECTURES as ARCHITECTURES  # the networks that Ictal trains, by name
from .models.attacks import ATTACKS as ATTACKS  # the attacks on networks, by name
from .models.attacks.result import Attacked as Attacked
from .models.attacks.worst import adversarial as adversarial
from .models.datasets import DATA as DATA  # the data sets, by name
from .models.datasets import load_data as load_data
from .models.datasets.tasks import TASKS as TASKS  # the sequences of tasks, by name
from .models.datasets.tasks import task_sequence as task_sequence
from .models.monitoring.loops import accelerate_monitor as accelerate_monitor
from .models.monitoring.loops import lightning_monitor as lightning_monitor
from .models.monitoring.monitor import Monitor as Monitor
from .models.monitoring.penalty import desync_penalty as desync_penalty
from .models.synchrony.recorder import LayerSynchrony as LayerSynchrony
from .models.trained.evaluate import evaluate_file as evaluate_file
from .models.trained.evaluate import evaluate_model as evaluate_model
from .models.trained.evaluated import Evaluated as Evaluated
from .models.training.build import open_model as open_model
from .models.training.job import Trained as Trained
from .models.training.job import train_to_file as train_to_file
from .models.training.sequence_job import TrainedTasks as TrainedTasks
from .models.training.sequence_job import train_tasks_to_file as train_tasks_to_file
from .models.training.settings import DataChoice as DataChoice
from .models.training.settings import Job as Job
from .models.training.settings import SynchronyChoice as SynchronyChoice
from .models.training.settings import TaskChoice as TaskChoice
from .models.treatments import TREATMENTS as TREATMENTS  # the treatments, by name
from .simulator.errors import InputError as InputError
from .simulator.export import export as export
from .simulator.files.readers import open_run as open_run
from .simulator.files.result import load as load
from .simulator.files.store import save as save
from .simulator.recordings.recording import Recording as Recording
from .simulator.recordings.run import Run as Run
from .simulator.recordings.spikes import Spikes as Spikes
from .sweeps.sweep import Sweep as Sweep
from .sweeps.sweep import open_sweep as open_sweep
from .sweeps.sweep import sweep as sweep
from .verbs.again import continue_run as continue_run
from .verbs.analyse import analyse as analyse
from .verbs.analyse import attractors as attractors
from .verbs.analyse import basins as basins
from .verbs.analyse import fixed_points as fixed_points
from .verbs.analyse import lyapunov as lyapunov
from .verbs.analyse import phase_plane as phase_plane
from .verbs.analyse import scan as scan
from .verbs.attack import attack as attack
from .verbs.compare import compare as compare
from .verbs.eeg import analyse_eeg as analyse_eeg
from .verbs.eeg import measure_over_time as measure_over_time
from .verbs.explain import description as description
from .verbs.explain import explain as explain
from .verbs.measure import measure as measure
from .verbs.names import EXPERIMENTS as EXPERIMENTS  # the experiments, by name
from .verbs.simulate import simulate as simulate
from .verbs.simulate import simulate_to_file as simulate_to_file
from .verbs.sources import as_run as as_run
from .verbs.why import why as why

__version__: str  # the version of the package
