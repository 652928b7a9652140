# The public names, one a line, loaded when first used; a constant has its words behind it. docs/api.md lists all.

from ..simulator.registry import Registry
from .architectures import ARCHITECTURES as ARCHITECTURES  # the networks that Ictal trains, by name
from .architectures import architecture as architecture
from .architectures.autonomous import Autonomous as Autonomous
from .architectures.autonomous import autonomous as autonomous
from .architectures.base import Architecture as Architecture
from .architectures.convnet import ConvNet as ConvNet
from .architectures.generator import Generator as Generator
from .architectures.layers import Images as Images
from .architectures.layers import Standardise as Standardise
from .architectures.mlp import MLP as MLP
from .architectures.mlp import MultilayerPerceptron as MultilayerPerceptron
from .architectures.rate import RateRNN as RateRNN
from .architectures.recurrent import Recurrent as Recurrent
from .architectures.resnet import ResNet as ResNet
from .architectures.spiking import SpikingNet as SpikingNet
from .architectures.vgg import VGG as VGG
from .architectures.vit import ViT as ViT
from .attacks import ATTACKS as ATTACKS  # the attacks on networks, by name
from .attacks.gradient import FGSM as FGSM
from .attacks.gradient import PGD as PGD
from .attacks.linear import Linear as Linear
from .attacks.measure import attacked as attacked
from .attacks.noise import RandomSign as RandomSign
from .attacks.result import Attacked as Attacked
from .attacks.result import AttackRow as AttackRow
from .attacks.spsa import SPSA as SPSA
from .attacks.transfer import Transfer as Transfer
from .attacks.worst import adversarial as adversarial
from .datasets import DATA as DATA  # the data sets, by name
from .datasets import Dataset as Dataset
from .datasets import load_data as load_data
from .datasets import stratified as stratified
from .datasets.augment import AUGMENTATIONS as AUGMENTATIONS  # the augmentations of images, by name
from .datasets.augment import augmented as augmented
from .datasets.corruptions import CORRUPTIONS as CORRUPTIONS  # the corruptions of images, by name
from .datasets.corruptions import SEVERITIES as SEVERITIES  # the severities of corruptions
from .datasets.corruptions import corrupted as corrupted
from .datasets.corruptions import noisy as noisy
from .datasets.mixtures import RingOfGaussians as RingOfGaussians
from .datasets.ood import OOD_PAIRS as OOD_PAIRS  # images out of distribution, by name
from .datasets.ood import out_of_distribution as out_of_distribution
from .datasets.sequences import Integration as Integration
from .datasets.sequences import Match as Match
from .datasets.tasks import SCENARIOS as SCENARIOS  # the scenarios of sequences of tasks, by name
from .datasets.tasks import TASKS as TASKS  # the sequences of tasks, by name
from .datasets.tasks import TaskSequence as TaskSequence
from .datasets.tasks import task_sequence as task_sequence
from .monitoring.loops import accelerate_monitor as accelerate_monitor
from .monitoring.loops import lightning_monitor as lightning_monitor
from .monitoring.monitor import Monitor as Monitor
from .monitoring.penalty import desync_penalty as desync_penalty
from .probe.axes import Axes as Axes
from .probe.layers import Layers as Layers
from .probe.layers import Probe as Probe
from .probe.record import MorphLoop as MorphLoop
from .probe.record import StepRecorder as StepRecorder
from .probe.record import morph_loop as morph_loop
from .probe.record import record_loop as record_loop
from .probe.record import record_samples as record_samples
from .rate.epileptor import Epileptor as Epileptor
from .rate.graphs import graph as graph
from .rate.kuramoto import Kuramoto as Kuramoto
from .rate.ring import Bump as Bump
from .rate.ring import Ring as Ring
from .rate.ring import bump as bump
from .rate.stuart_landau import StuartLandau as StuartLandau
from .rate.wilson_cowan import WilsonCowan as WilsonCowan
from .rate.zhang import Zhang as Zhang
from .spiking.balanced import REGIMES as REGIMES  # Brunel's four regimes: parameters by name
from .spiking.balanced import Balanced as Balanced
from .spiking.base import Simulated as Simulated
from .spiking.brunel_theory import MeanField as MeanField
from .spiking.compte import Compte as Compte
from .spiking.cuba import Cuba as Cuba
from .spiking.lif import LifCells as LifCells
from .spiking.lif_ring import LifRing as LifRing
from .spiking.lif_theory import Lif as Lif
from .spiking.lif_theory import siegert as siegert
from .spiking.lif_theory import siegert_cv as siegert_cv
from .spiking.lif_theory import spike_times as spike_times
from .spiking.seizure import SeizureNetwork as SeizureNetwork
from .synchrony.recorder import LayerSynchrony as LayerSynchrony
from .synthetic_eeg import SyntheticEeg as SyntheticEeg
from .system import Flow as Flow
from .system import SelfContained as SelfContained
from .system import Spiking as Spiking
from .system import System as System
from .system import WithTheory as WithTheory
from .system import attributed as attributed
from .system import parameters as parameters
from .trained.classifier import Classifier as Classifier
from .trained.evaluate import evaluate_file as evaluate_file
from .trained.evaluate import evaluate_model as evaluate_model
from .trained.evaluated import Evaluated as Evaluated
from .trained.image_modes import ImageModes as ImageModes
from .trained.network import TrainedNetwork as TrainedNetwork
from .training import METRICS as METRICS  # the metrics of a training, in the order of their columns
from .training import Evaluation as Evaluation
from .training import History as History
from .training import ReliabilityBin as ReliabilityBin
from .training import SequenceLog as SequenceLog
from .training import UnfinishedTrainingError as UnfinishedTrainingError
from .training import assess as assess
from .training import calibration_error as calibration_error
from .training import calibration_floor as calibration_floor
from .training import cpu_threads as cpu_threads
from .training import evaluate as evaluate
from .training import logits as logits
from .training import probabilities as probabilities
from .training import reliability as reliability
from .training import separation as separation
from .training import train as train
from .training import train_sequence as train_sequence
from .training.build import open_model as open_model
from .training.callbacks import Accelerated as Accelerated
from .training.callbacks import Combined as Combined
from .training.callbacks import lightning_callback as lightning_callback
from .training.gan import GanTraining as GanTraining
from .training.gan import train_generator as train_generator
from .training.job import Trained as Trained
from .training.job import train_to_file as train_to_file
from .training.sequence_job import TrainedTasks as TrainedTasks
from .training.sequence_job import train_tasks_to_file as train_tasks_to_file
from .training.settings import DataChoice as DataChoice
from .training.settings import Job as Job
from .training.settings import SynchronyChoice as SynchronyChoice
from .training.settings import TaskChoice as TaskChoice
from .training.settings import Training as Training
from .treatments import TREATMENTS as TREATMENTS  # the treatments, by name
from .treatments.base import Intervention as Intervention
from .treatments.base import Task as Task
from .treatments.base import Treatment as Treatment
from .treatments.clip import Clip as Clip
from .treatments.desync import DesyncReg as DesyncReg
from .treatments.dropout import Dropout as Dropout
from .treatments.ewc import EWC as EWC
from .treatments.generative_replay import GenerativeReplay as GenerativeReplay
from .treatments.healthy import HealthyTraining as HealthyTraining
from .treatments.l2 import L2 as L2
from .treatments.l2_sp import L2SP as L2SP
from .treatments.label_smoothing import LabelSmoothing as LabelSmoothing
from .treatments.nid import NID as NID
from .treatments.nid import ShrinkingNID as ShrinkingNID
from .treatments.replay import Replay as Replay
from .treatments.validation import ValidationControl as ValidationControl

SYSTEMS: Registry  # the systems, by name
