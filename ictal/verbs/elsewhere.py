"""Things of the field that Ictal does by a command or a function, and not by a registered name."""

from __future__ import annotations

from typing import NamedTuple

from ..analyses.nulls.kinds import DESCRIPTIONS
from .synonyms import plainly


class Way(NamedTuple):
    """A thing in one line, and the commands or calls that do it."""

    line: str
    how: tuple[str, ...]


_DYNAMICS, _EEG, _TRAIN = "docs/dynamics.md", "docs/eeg.md", "docs/training.md"
_ROBUST, _TASKS = "docs/robustness.md", "docs/tasks.md"
_WAYS = {  # names of the field, separated by commas -> what does it
    "psth, peristimulus time histogram, peri stimulus time histogram, peth": Way(
        "rate of the population about events",
        ("in Python: run.E.psth(events, window, bin).plot()", "docs/notebooks.md"),
    ),
    "raster, raster plot, spike raster, population activity": Way(
        "spikes of every cell over time, with the rate of the population",
        ("ictal plot FILE.h5 -o FOLDER", "in Python: ictal.load(FILE).plot()"),
    ),
    "lfp, local field potential": Way(
        "entry `lfp` of the seizure network: mean synaptic current of the E cells [mV]; LFPs of files are read as EEG",
        ("ictal simulate seizure -o run.h5", "ictal measure run.h5 --entries lfp"),
    ),
    "lyapunov, lyapunov exponent, lyapunov exponents, lyapunov spectrum, kaplan yorke, chaos, mle": Way(
        "Lyapunov spectrum of a system or a trained recurrent network",
        ("ictal analyse epileptor --lyapunov", f"{_DYNAMICS}"),
    ),
    "bifurcation, bifurcations, bifurcation diagram, hysteresis, continuation, bistability": Way(
        "scan of a parameter up and down again; where both ways differ there is hysteresis",
        ("ictal analyse wilson_cowan --scan p=0.5:2:16", "ictal simulate seizure --set protocol=ramp", _DYNAMICS),
    ),
    "fixed point, fixed points, equilibrium, stability, eigenvalues, jacobian": Way(
        "fixed points with their stability", ("ictal analyse wilson_cowan --fixed-points", _DYNAMICS),
    ),
    "attractor, attractors, basin, basins, basin of attraction": Way(
        "attractors of runs from many starts, and their basins",
        ("ictal analyse wilson_cowan --attractors --basins", _DYNAMICS),
    ),
    "phase plane, nullcline, nullclines, vector field": Way(
        "nullclines over a plane, and runs in it", ("ictal analyse wilson_cowan --phase-plane", _DYNAMICS),
    ),
    "change point, change points, changepoint, pelt, cusum, critical transition, transitions, tipping point": Way(
        "change points of a time series, and jumps of a training",
        ("in Python: ictal.analyses.change_points, detect_critical_transitions", "docs/synchrony_of_training.md"),
    ),
    "cka, centered kernel alignment, centred kernel alignment, linear cka, representational similarity": Way(
        "debiased linear CKA between layers", ("in Python: ictal.analyses.linear_cka, cka_matrix",
        "ictal train mlp --synchrony auto -o net.h5 && ictal plot net.h5"),
    ),
    "null, nulls, surrogate, surrogates, shuffle, null model, null hypothesis, permutation test, p value, "
    "significance": Way(
        "surrogates in which units are independent, beside every value; which kind, the data decide",
        ("ictal measure FILE --nulls 199", *(f"--null {kind}: {words}" for kind, words in DESCRIPTIONS.items()),
         "docs/nulls.md"),
    ),
    "effect size, cliff s delta, confidence interval, bootstrap, holm, multiple comparisons, fdr": Way(
        "groups of files, with differences, intervals and permutation tests", ("ictal compare A.h5 B.h5 -o out",
        "docs/comparing.md"),
    ),
    "detector, detectors, seizure detection, onset, seizure onset, recruitment, line length, soz": Way(
        "synchrony before and during a seizure, order of recruitment, detectors with false alarms",
        ("ictal eeg FILE -o FOLDER", _EEG),
    ),
    "montage, bipolar, rereference, average reference, common average, reference, csd, laplacian": Way(
        "montages and references of an EEG", ("ictal eeg FILE --montage double-banana", "ictal eeg FILE --reference "
        "average", _EEG),
    ),
    "volume conduction, common source, zero lag, field spread": Way(
        "a common reference or source: measures blind to zero lag, and the part that it can explain",
        ("ictal measure FILE --measures imaginary_coherence,wpli --phase-band 8 12 --nulls 199", "ictal why FILE",
         "docs/connectivity.md"),
    ),
    "band pass, bandpass, filter, butterworth, alpha band, theta band, gamma, beta band, delta band": Way(
        "a filter before every measure, or of phases alone",
        ("ictal measure FILE --band 8 12", "ictal measure FILE --phase-band 8 12"),
    ),
    "plv matrix, connectivity matrix, coherence matrix, pairwise": Way(
        "the matrix of all pairs", ('in Python: ictal.analyses.pairwise("plv", recording, band=(8, 12))',
        "docs/connectivity.md"),
    ),
    "sliding window, time course, time resolved, windowed": Way(
        "a measure over time", ("ictal measure FILE --window 5", "in Python: ictal.measure_over_time"),
    ),
    "decomposition, slow fluctuations, rate covariation, why": Way(
        "parts of one value: classes, slow and fast, groups, chance", ("ictal why FILE", "docs/why.md"),
    ),
    "overfitting, overfit, generalisation gap, generalization gap, gap, memorisation, memorization": Way(
        "training and test accuracy, and the gap, over a training; a seizure beside overfitting",
        ("ictal train mlp --n-train 50 --synchrony auto -o net.h5", "ictal compare -o out", "docs/findings.md"),
    ),
    "early stopping, patience": Way(
        "training ends after records without a lower validation loss; by a measure: examples/early_stopping.py",
        ("ictal train mlp --n-val 200 --patience 5", _TRAIN),
    ),
    "adam, adamw, sgd, momentum, optimiser, optimizer, learning rate, warmup, warm up, cosine schedule, schedule, "
    "batch size, mixed precision, bfloat16, amp, gradient accumulation, ddp": Way(
        "settings of a training", ("ictal train mlp --optimiser sgd --lr 0.1 --momentum 0.9 --schedule cosine",
        "ictal train --help", _TRAIN),
    ),
    "batch norm, batchnorm, batch normalisation, batch normalization, bn": Way(
        "part of the ResNets; of VGG on request", ("ictal train vgg16 --set norm=true", "ictal explain vgg16"),
    ),
    "layer norm, layernorm, attention": Way("part of the vision transformers", ("ictal explain vit-cifar",)),
    "augmentation, data augmentation, augment, random crop, flip": Way(
        "augmentations of the training images", ("ictal train resnet18 --augment flip,crop", "docs/data.md"),
    ),
    "label noise, noisy labels, wrong labels, random labels": Way(
        "a fraction of the training labels made wrong", ("ictal train mlp --label-noise 0.4",),
    ),
    "dead units, dead relu, dormant neurons, dormant units, silent units, dead neurons": Way(
        "units that do not vary are masked and counted beside every value (units that vary: n_live)",
        ("ictal measure net.pt --json", "ictal train mlp --synchrony auto -o net.h5 && ictal plot net.h5"),
    ),
    "calibration, ece, expected calibration error, confidence, reliability, reliability diagram, overconfidence, "
    "overconfident, temperature scaling": Way(
        "confidence against accuracy of a trained network, beside what chance gives with as many images",
        ("ictal evaluate net.pt", "in Python: ictal.evaluate_model(model, x, y)",
         "ECE = Σ_b (n_b / n) |accuracy_b − confidence_b|, over 15 equal bins b of the confidence; calibrated "
         "networks do not read 0: read it beside its value by chance", _ROBUST),
    ),
    "ood, out of distribution, ood detection, auroc, auc, roc, energy score, energy, max softmax, msp, mahalanobis, "
    "mahalanobis distance, novelty detection, anomaly detection": Way(
        "scores by which a trained network tells test images from strange ones, with their AUROC",
        ("ictal evaluate net.pt --ood --ood-data NAME", "in Python: ictal.evaluate_model(model, x, y, outside={...})",
         "AUROC: chance that a test image has a larger score than a strange one, ties ½; ½ by chance", _ROBUST),
    ),
    "corruption, corruptions, common corruptions, cifar10 c, cifar 10 c, imagenet c, noise robustness, "
    "corruption robustness": Way(
        "accuracy of a trained network on noisy, attacked and corrupted images, over strength",
        ("ictal evaluate net.pt --noise 0.1,0.2 --attack 0.03 --corruptions -o found.h5", "ictal plot found.h5",
         _ROBUST),
    ),
    "adversarial, adversarial examples, adversarial robustness, attack, robustness, robust accuracy, "
    "gradient masking, obfuscated gradients, projected gradient descent, fast gradient sign, carlini wagner, "
    "masked gradients, masking": Way(
        "accuracy on images that were changed to mislead a network, with checks of masked gradients",
        ("ictal attack net.pt --eps 0.01,0.03", "ictal explain pgd", "docs/attacks.md"),
    ),
    "forgetting, catastrophic forgetting, continual learning, lifelong learning, backward transfer, bwt, "
    "forward transfer, fwt, average accuracy, acc, average forgetting, forgetting measure, retention": Way(
        "accuracies R_ij on task j after learning task i of T, and four numbers of them",
        ("ACC = mean_j R_Tj: accuracy on all tasks at the end",
         "BWT = mean_{j<T} (R_Tj − R_jj): backward transfer; below 0: forgetting",
         "F = mean_{j<T} (max_{l<T} R_lj − R_Tj): fall from the best, the measure of forgetting",
         "FWT = mean_{j>1} (R_{j−1,j} − b_j): forward transfer, over b before training",
         "ictal train mlp --tasks split:5 --scenario class --treat replay=1 -o split.h5 && ictal plot split.h5",
         "in Python: ictal.models.train_sequence, ictal.analyses.task_scores",
         "against it: ictal explain ewc, replay, generative-replay, l2-sp; the claim: ictal explain forget", _TASKS),
    ),
    "monitor, hook, hooks, activations, forward hook, callback, tensorboard, wandb, weights and biases, mlflow, "
    "pytorch, torch, torch module, nn module": Way(
        "measures of your own model in your own loop, and in its log",
        ("in Python: with ictal.Monitor(model) as monitor: ...; monitor.log(writer)", "docs/your_model.md"),
    ),
    "lightning, pytorch lightning, accelerate, hugging face": Way(
        "measures beside a training of Lightning or accelerate, and treatments in it",
        ("in Python: ictal.lightning_monitor, ictal.accelerate_monitor", "docs/your_model.md", "docs/treatments.md"),
    ),
    "adex, izhikevich, quadratic integrate and fire, qif, eif, exponential integrate and fire, adaptation": Way(
        "cells of networks of one's own", ("ictal simulate my_network.json --duration 5", "docs/own_networks.md"),
    ),
    "own network, my network, network description, json": Way(
        "a network as data, in JSON or Python", ("ictal simulate my_network.json --duration 5",
        "docs/own_networks.md"),
    ),
    "sweep, sweeps, grid, grid search, parameter scan, heat map, heatmap": Way(
        "a system over a grid of parameters and seeds", ("ictal sweep --help", "docs/sweeps.md"),
    ),
    "file, files, format, mne, neo, nwb, bids, matlab, mat, pandas, spikeinterface, elephant, edf, bdf": Way(
        "files and objects that are read", ("ictal info FILE", "ictal list readers", "docs/files.md"),
    ),
    **{
        f"{kind.replace('_', ' ')}": Way(words, (f"ictal measure FILE --nulls 199 --null {kind}", "docs/nulls.md"))
        for kind, words in DESCRIPTIONS.items()
    },
}  # fmt: skip


def way(name: str) -> Way | None:
    """Return what does a thing of the field that has no registered name; None where it is not known.

    >>> way("Lyapunov exponents").how[0], way("planted")
    ('ictal analyse epileptor --lyapunov', None)
    """
    plain = plainly(name)
    return next((found for names, found in _WAYS.items() if plain in names.split(", ")), None)


def terms() -> list[str]:
    """Return all names of the field that are known here."""
    return [name for names in _WAYS for name in names.split(", ")]
