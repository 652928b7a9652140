# The public names, one a line, loaded when first used; a constant has its words behind it. docs/api.md lists all.

from .engines import ENGINES as ENGINES  # the engines, by name
from .engines.compiled.draws import freeze_inputs as freeze_inputs
from .engines.compiled.engine import Simulation as Simulation
from .engines.simulate import simulate as simulate
from .engines.wiring import Factors as Factors
from .engines.wiring import Graph as Graph
from .engines.wiring import Instance as Instance
from .engines.wiring import Matrix as Matrix
from .engines.wiring import instantiate as instantiate
from .errors import InputError as InputError
from .errors import unknown as unknown
from .export import EXPORTS as EXPORTS  # the formats of exports, by name
from .export.entries import Content as Content
from .export.entries import Exported as Exported
from .export.entries import Format as Format
from .faces import PANELS as PANELS  # who draws each kind of object into axes of the caller
from .fields import Checked as Checked
from .fields import Param as Param
from .files.edf import read_edf as read_edf
from .files.readers import READERS as READERS  # the readers of files, by suffix
from .files.readers import open_run as open_run
from .files.result import Result as Result
from .files.result import load as load
from .files.store import save as save
from .files.table import Table as Table
from .integrators import integrate as integrate
from .kinds import FIGURES as FIGURES  # who draws each kind of file
from .kinds import PAGES as PAGES  # who makes an HTML page of each kind of file
from .kinds import RESULTS as RESULTS  # the kinds of files, by name
from .kinds import Kind as Kind
from .long_runs.stepper import UnfinishedError as UnfinishedError
from .long_runs.stream import Written as Written
from .long_runs.stream import record_to_file as record_to_file
from .networks.cells import Adaptation as Adaptation
from .networks.cells import AlphaSynapse as AlphaSynapse
from .networks.cells import DeltaSynapse as DeltaSynapse
from .networks.cells import Exponential as Exponential
from .networks.cells import Population as Population
from .networks.cells import Quadratic as Quadratic
from .networks.cells import SaturatingSynapse as SaturatingSynapse
from .networks.cells import Synapse as Synapse
from .networks.connections import Dense as Dense
from .networks.connections import Edges as Edges
from .networks.connections import FixedInDegree as FixedInDegree
from .networks.connections import Footprint as Footprint
from .networks.connections import LogNormal as LogNormal
from .networks.connections import LowRank as LowRank
from .networks.connections import Pairwise as Pairwise
from .networks.connections import Projection as Projection
from .networks.connections import UniformDelay as UniformDelay
from .networks.description import describe as describe
from .networks.description import network_of as network_of
from .networks.description import read_network as read_network
from .networks.description import save_network as save_network
from .networks.distributions import Normal as Normal
from .networks.distributions import Uniform as Uniform
from .networks.inputs import CurrentInput as CurrentInput
from .networks.inputs import EventInput as EventInput
from .networks.inputs import GivenNoise as GivenNoise
from .networks.inputs import OUNoise as OUNoise
from .networks.inputs import PoissonInput as PoissonInput
from .networks.inputs import TriggeredInput as TriggeredInput
from .networks.inputs import WhiteNoise as WhiteNoise
from .networks.network import Network as Network
from .networks.network import SlowVariable as SlowVariable
from .networks.schedule import Schedule as Schedule
from .networks.signals import MeanSynapticCurrent as MeanSynapticCurrent
from .networks.signals import PopulationRate as PopulationRate
from .networks.signals import PopulationStatistic as PopulationStatistic
from .networks.signals import StateRecording as StateRecording
from .recordings.distribution import Distribution as Distribution
from .recordings.recording import Clock as Clock  # the meaning of time: second, model, step, epoch, frame or sample
from .recordings.recording import Recording as Recording
from .recordings.run import Run as Run
from .recordings.spikes import Spikes as Spikes
from .registry import Registry as Registry
from .types import Array as Array  # an array of numpy, torch or another library of the array API
from .types import Band as Band  # lowest and highest frequency [Hz]
from .types import Floats as Floats  # an array of float64
from .types import Ints as Ints  # an array of int64
from .types import Progress as Progress  # a function of done, total and a text
