"""Names of the field for things of Ictal, and things of the field that Ictal has not."""

from __future__ import annotations

import re
import unicodedata

from ..analyses.measures.notation import NOTATION

_SAME = {  # names of the field, separated by commas -> names here; the first stands for them
    "phase locking, phase locking index, phase coherence, inter site phase clustering, ispc, phase synchronisation, "
    "phase synchronization, phase synchrony": ("plv", "kuramoto_r1"),
    "order parameter, kuramoto order parameter, kuramoto index, global phase synchrony, r, r1, mean resultant length, "
    "phase order": ("kuramoto_r1", "spike_phase_r1"),
    "r2, daido, daido order parameter, second harmonic, cluster order parameter, two clusters": (
        "kuramoto_r2", "spike_phase_r2",
    ),
    "coherence, coh, msc, magnitude squared coherence, spectral coherence, coherency": (
        "squared_coherence", "imaginary_coherence", "plv",
    ),
    "icoh, imcoh, imag coh, imaginary part of coherency, imaginary coherency": ("imaginary_coherence", "wpli"),
    "phase lag": ("pli", "wpli"),
    "weighted phase lag": ("wpli", "debiased_wpli"),
    "dwpli, wpli2, wpli2 debiased, wpli debiased, debiased weighted phase lag index": ("debiased_wpli",),
    "fano, ff, spike count variance, index of dispersion": ("fano_factor", "population_fano_factor"),
    "kappa, coincidence, coincidence index, spike coincidence": ("spike_synchronisation", "sttc"),
    "spike sync, spike synchronization, spike synchrony, event synchronization, event synchronisation": (
        "spike_synchronisation", "sttc",
    ),
    "tiling, tiling coefficient": ("sttc",),
    "chi, golomb, golomb index, synchrony measure, golomb rinzel, chi squared": ("chi_c", "golomb_chi"),
    "cv isi, isi cv, coefficient of variation, regularity, irregularity, isi, interspike interval, "
    "inter spike interval, isi histogram, isi distribution": ("cv_isi", "fano_factor"),
    "rate, firing rate, fr, spike rate, population rate": ("mean_rate", "population_rate_sd"),
    "correlation, corr, pearson, pearson correlation, noise correlation, spike count correlation, "
    "functional connectivity, connectivity, correlation matrix, pairwise correlation": (
        "mean_correlation", "mean_squared_correlation", "si_3", "plv",
    ),
    "si, synchrony index, synchronization index, synchronisation index, synchrony, synchronization, "
    "synchronisation": ("chi_c", "si_3", "si_1", "si_2"),
    "pca, pc1, first pc, explained variance, first principal component, principal component analysis, "
    "principal components, first eigenvalue, lambda1, λ1, largest eigenvalue, first mode, global mode": (
        "lambda1_fraction", "participation_ratio",
    ),
    "dimension, dimensionality, effective dimension, effective dimensionality, effective rank, linear dimension, "
    "participation, number of dimensions": ("participation_ratio", "lambda1_fraction"),
    "psd, spectrum, power spectrum, power spectral density, peak frequency, oscillation, rhythm, band power, "
    "dominant frequency": ("spectral_peak",),
    "signal correlation, class signal, tuning, eta squared, η2, discriminability, class variance": (
        "class_share", "within_class_si",
    ),
    "nid, neuronal independence desynchronization": ("nid",),
    "ictal, ictal state, epilepsy, epileptic seizure, seizures": ("seizure", "epileptor", "eeg"),
    "weight decay, ridge, tikhonov, l2 regularisation, l2 regularization, regularisation, regularization": (
        "l2", "dropout",
    ),
    "gradient clipping, clipping, clip norm": ("clip",),
    "soft targets, smoothing of labels": ("label-smoothing",),
    "instrument, instrumental variable, causal effect, sweep of targets": ("causal", "desync"),
    "elastic weight consolidation, online ewc, consolidation, fisher, fisher information": ("ewc", "l2-sp"),
    "l2 last, starting point": ("l2-sp", "ewc"),
    "rehearsal, experience replay, episodic memory, replay buffer": ("replay", "generative-replay"),
    "deep generative replay, dgr, pseudo rehearsal, vae, variational autoencoder": ("generative-replay", "replay"),
    "gan, generative adversarial network, generator, discriminator, mode coverage": ("mode_collapse", "collapse"),
    "activation noise, noise injection, gaussian noise": ("nid", "nid-shrink", "dropout"),
    "decorrelation, desynchronisation, desynchronization, desyncreg, decov": ("desync", "healthy", "validation"),
    "perceptron, multilayer perceptron, feedforward, fully connected, dense network": ("mlp",),
    "cnn, convolutional network, lenet": ("convnet", "resnet18", "vgg16"),
    "resnet, residual network": ("resnet18", "resnet34", "resnet50"),
    "vgg": ("vgg16",),
    "vit, transformer, vision transformer, deit": ("vit-cifar", "vit-tiny"),
    "elman, recurrent network, vanilla rnn, rnns": ("rnn", "gru", "lstm", "rate-rnn"),
    "ctrnn, rate network, continuous time rnn, dale, dale s law, firing rate network": ("rate-rnn", "wilson_cowan"),
    "spiking neural network, surrogate gradient, snntorch": ("snn", "seizure", "cuba"),
    "lif neuron, integrate and fire, leaky integrate and fire, iaf": ("lif", "cuba", "balanced"),
    "brunel, balanced network, asynchronous irregular, ei network, e i network, excitation inhibition": (
        "balanced", "cuba", "seizure",
    ),
    "vogels abbott, coba, benchmark": ("cuba",),
    "ring attractor, bump attractor, continuous attractor, bump": ("ring", "lif_ring", "compte"),
    "working memory": ("compte", "match"),
    "head direction, path integration": ("zhang",),
    "neural mass, mass model, mean field": ("epileptor", "wilson_cowan"),
    "hopf, limit cycle, amplitude death, oscillation death": ("stuart_landau", "kuramoto"),
    "coupled oscillators, phase oscillators, kuramoto model": ("kuramoto", "stuart_landau"),
    "mnist": ("digits", "fashion-mnist"),
    "split mnist, split cifar, class incremental, task incremental, domain incremental, incremental learning, "
    "sequence of tasks": ("split", "permuted"),
    "permuted mnist, permuted pixels": ("permuted", "split"),
    "cifar": ("cifar10", "cifar100"),
    "imagenet": ("imagenet-100", "tiny-imagenet"),
    "evidence accumulation, decision making, perceptual decision": ("integration",),
    "delayed match to sample, dms": ("match",),
    "netcdf": (".nc", "xarray"),
    "brian, brian2 engine": ("brian2",),
    "numba": ("compiled",),
}  # fmt: skip
_ABSENT = {  # names of the field, separated by commas -> words, and what comes nearest
    "mi, mutual information, information, correntropy": (
        "mutual information", ("squared_coherence", "mean_squared_correlation", "sttc"),
    ),
    "granger, granger causality, gc, transfer entropy, te, dtf, pdc, directed transfer function, psi, causality, "
    "phase slope index, effective connectivity, dcm, ccm, convergent cross mapping": (
        "a direction of influence", ("imaginary_coherence", "wpli", "innovations"),
    ),
    "aec, amplitude envelope correlation, envelope correlation, power envelope correlation": (
        "the correlation of envelopes", ("mean_correlation", "squared_coherence"),
    ),
    "pac, phase amplitude coupling, modulation index, cross frequency coupling, cfc, bispectrum, bicoherence": (
        "coupling across frequencies", ("kuramoto_r1", "spectral_peak"),
    ),
    "branching ratio, branching parameter, avalanche, avalanches, neuronal avalanches, criticality, sigma, "
    "power law": ("avalanches or a branching ratio", ("population_fano_factor", "participation_ratio", "critical")),
    "plt, ppc, pairwise phase consistency": ("pairwise phase consistency", ("plv", "debiased_wpli")),
    "ciplv, corrected imaginary plv, imaginary plv": (
        "the imaginary part of the PLV", ("imaginary_coherence", "wpli"),
    ),
    "synchronization likelihood, synchronisation likelihood, generalised synchronisation, phase entropy, rho index": (
        "generalised synchronisation", ("plv", "squared_coherence"),
    ),
    "van rossum, van rossum distance, victor purpura, victor purpura distance, spike distance, isi distance, "
    "schreiber, spike train distance": ("distances of spike trains", ("spike_synchronisation", "sttc")),
    "cross correlogram, ccg, cross correlation, cross correlation histogram, jpsth, correlogram, autocorrelogram, "
    "autocorrelation": (
        "values at lags", ("sttc", "mean_correlation", "squared_coherence"),
    ),
    "cv2, lv, local variation, lvr": ("local variation of intervals", ("cv_isi", "fano_factor")),
    "burst, bursts, burst index, bursting": ("bursts", ("cv_isi", "fano_factor", "population_fano_factor")),
    "unitary events, assembly, assemblies, cell assembly, spade, cubic": (
        "assemblies of cells", ("sttc", "spike_synchronisation", "lambda1_fraction"),
    ),
    "s estimator, omega complexity, global field synchronization, von neumann entropy": (
        "entropies of eigenvalues", ("participation_ratio", "lambda1_fraction"),
    ),
    "hurst, hurst exponent, dfa, detrended fluctuation analysis, multifractal, mfdfa, long range correlation, 1 f, "
    "aperiodic slope, fooof": ("scaling over time", ("population_fano_factor", "spectral_peak")),
    "entropy, sample entropy, approximate entropy, permutation entropy, spectral entropy, lempel ziv, lzc, "
    "complexity, pci": ("entropy or complexity of signals", ("spectral_peak", "participation_ratio")),
    "hfo, hfos, high frequency oscillation, high frequency oscillations, ripple, ripples, spike detection, "
    "interictal, interictal spikes, ied": ("single events of an EEG", ("spectral_peak", "detector")),
    "microstate, microstates, source localisation, source localization, csp, ica": (
        "topographies or sources", ("lambda1_fraction", "participation_ratio"),
    ),
    "erp, event related potential, evoked": ("averages over events", ("class_share", "sliding window")),
    "spectrogram, wavelet, stft, time frequency, multitaper": (
        "spectra over time", ("spectral_peak", "kuramoto_r1"),
    ),
    "rsa, representational similarity analysis, cca, svcca, pwcca, procrustes, rdm": (
        "this similarity of representations", ("cka", "class_share"),
    ),
    "neural collapse, nc1, nc2, nc3, nc4": ("neural collapse", ("class_share", "within_class_si")),
    "sharpness, flatness, hessian, curvature, loss landscape": ("curvature of the loss", ("gap", "l2")),
    "autoattack, auto attack, apgd, square attack, deepfool, boundary attack": (
        "this attack", ("pgd", "spsa", "transfer"),
    ),
    "adversarial training, trades, certified robustness, randomised smoothing, randomized smoothing": (
        "this defence", ("pgd", "robust"),
    ),
    "sam, sharpness aware minimization, asam, swa, ema of weights": (
        "this treatment", ("l2", "nid", "label-smoothing"),
    ),
    "grokking, double descent, lottery ticket": ("this as an experiment", ("gap", "early stopping", "rise")),
    "mixup, cutmix, cutout, randaugment, stochastic depth, dropconnect": (
        "this treatment", ("dropout", "label-smoothing", "augmentation"),
    ),
    "jansen rit, wendling, jansen, wong wang, larter breakspear, generic 2d oscillator": (
        "this neural mass", ("epileptor", "wilson_cowan"),
    ),
    "hodgkin huxley, hh, morris lecar, multicompartment, fitzhugh nagumo": (
        "this cell", ("lif", "adex", "epileptor"),
    ),
    "stdp, plasticity, hebbian, short term plasticity, tsodyks markram": (
        "plastic synapses", ("seizure", "compte"),
    ),
    "structural connectome, connectome, tractography": ("a connectome", ("kuramoto", "epileptor")),
    "fmri, bold, meg, ecog, ieeg, calcium imaging": (
        "a model of this signal, but reads its arrays and files", ("file", "synthetic_eeg"),
    ),
    "llm, gpt, bert, language model, diffusion model": (
        "this network as a name, but watches any torch module", ("monitor", "vit-cifar"),
    ),
}  # fmt: skip


def same(name: str) -> tuple[str, ...]:
    """Return what this name of the field, symbol or spelling is called here, the nearest first; empty if unknown.

    >>> same("Phase-Locking Value"), same("λ₁ share"), same("planted")
    (('plv',), ('lambda1_fraction',), ())
    """
    plain = plainly(name)
    for measure, writing in NOTATION.items():
        if plain in (plainly(measure), plainly(writing.symbol)) or (writing.words and plain == plainly(writing.words)):
            return (measure,)
    return next((here for there, here in _SAME.items() if plain in there.split(", ")), ())


def absent(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Return what Ictal has not, in words, and what comes nearest; None if the name is not known.

    >>> absent("MI")[0]
    'mutual information'
    """
    return next((words for there, words in _ABSENT.items() if plainly(name) in there.split(", ")), None)


def terms() -> list[str]:
    """Return all names of the field that are known here."""
    return [name for names in (*_SAME, *_ABSENT) for name in names.split(", ")]


def plainly(name: str) -> str:
    """Return a name in small letters and digits, parted by single spaces.

    >>> plainly("Phase-Locking  Value"), plainly("λ₁ fraction"), plainly("batch_phase_sync")
    ('phase locking value', 'λ1 fraction', 'batch phase sync')
    """
    text = unicodedata.normalize("NFKC", name).lower().replace("_", " ")
    return " ".join(re.findall(r"\w+", text))
