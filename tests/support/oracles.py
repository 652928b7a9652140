"""Slow, obvious versions of every measure, in plain numpy and scipy, one loop a sum.

`ORACLES[name](x, mask, **inputs)` for values x (time, unit), `ORACLES[name](spikes)` for spikes. A measure that is
registered without an oracle here fails `test_measures_backends.py`.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import scipy.signal
import scipy.stats


def _pairs(x, mask):
    live = np.flatnonzero(mask)
    return [scipy.stats.pearsonr(x[:, i], x[:, j]).statistic for i, j in combinations(live, 2)]


def _covariance(x):
    n_times, n = x.shape
    mean = [sum(x[:, i]) / n_times for i in range(n)]
    return np.array([[sum((x[:, i] - mean[i]) * (x[:, j] - mean[j])) / n_times for j in range(n)] for i in range(n)])


def si_1(x, mask):
    x = x[:, mask]
    second = np.mean([np.outer(h, h) for h in x], axis=0)
    return np.linalg.norm(_covariance(x)) / np.linalg.norm(second)


def si_2(x, mask):
    c = _covariance(x[:, mask])
    return 1 - np.trace(c) / np.linalg.norm(c) ** 2


def si_3(x, mask):
    return np.mean(np.abs(_pairs(x, mask)))


def mean_correlation(x, mask):
    return np.mean(_pairs(x, mask))


def mean_squared_correlation(x, mask):
    chance = 1 / (len(x) - 1)
    return (np.mean(np.square(_pairs(x, mask))) - chance) / (1 - chance)


def chi_c(x, mask):
    x = x[:, mask]
    n = x.shape[1]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    rho = (np.var(z.mean(axis=1)) - 1 / n) / (1 - 1 / n)
    return np.sign(rho) * np.sqrt(abs(rho))


def lambda1_fraction(x, mask):
    r = np.corrcoef(x[:, mask], rowvar=False)
    return (max(np.linalg.eigvals(r).real) - 1) / (len(r) - 1)


def golomb_chi(x, mask):
    x = x[:, mask]
    return np.sqrt(np.var(x.mean(axis=1)) / np.mean([np.var(unit) for unit in x.T]))


def participation_ratio(x, mask):
    eigenvalues = np.linalg.eigvals(_covariance(x[:, mask])).real
    return sum(eigenvalues) ** 2 / sum(eigenvalues**2)


def population_rate_sd(x, mask):
    return np.std([np.mean(row) for row in x[:, mask]])


def _resultant(phases, harmonic):
    return np.array([abs(np.mean([np.exp(1j * harmonic * p) for p in row])) for row in phases])


def _kuramoto(harmonic):
    def kuramoto(x, mask, *, dt, band, periodic):
        n_times = len(x)
        frequency = np.abs(np.fft.fftfreq(n_times, dt))
        inside = (frequency >= band[0] - 1e-9) & (frequency <= band[1] + 1e-9)
        phases = []
        for unit in x[:, mask].T:
            filtered = np.fft.ifft(np.where(inside, np.fft.fft(unit), 0)).real
            phases.append(np.angle(scipy.signal.hilbert(filtered)))
        cut = 0 if periodic else int(np.ceil(1 / band[0] / dt - 1e-6))
        return np.mean(_resultant(np.transpose(phases)[cut : n_times - cut], harmonic))

    return kuramoto


def batch_phase_sync(x, mask):
    return np.mean(_resultant(np.angle(scipy.signal.hilbert(x[:, mask], axis=0)), 1))


def _comb(power, top):
    """Spacing of the comb that the line at bin `top` belongs to [bins], or `top`."""

    def line(at):
        return sum(power[j] for j in (at - 1, at, at + 1) if 0 < j < len(power))

    for parts in range(top // 2, 1, -1):
        below = [line(round(m * top / parts)) / line(top) for m in range(1, parts)]
        after = round((parts + 1) * top / parts)
        if min(below) >= 0.9 and (after >= len(power) - 1 or line(after) >= 0.5 * line(top)):
            return top / parts
    return top


def spectral_peak(x, mask, *, dt, band, segment, periodic):
    mean = x[:, mask].mean(axis=1)
    if periodic and segment == len(x):
        frequency, power = scipy.signal.periodogram(mean, 1 / dt)
    else:
        frequency, power = scipy.signal.welch(mean, 1 / dt, nperseg=segment)
    low, high = (1e-12, np.inf) if band is None else band
    inside = np.flatnonzero((frequency >= low - 1e-9) & (frequency <= high + 1e-9))
    spacing = _comb(power, max(inside, key=lambda at: power[at]))
    lowest = spacing * np.ceil((inside[0] - 0.5) / spacing)
    return frequency[max((at for at in inside if abs(at - round(lowest)) <= 1), key=lambda at: power[at])]


def _analytic(x, mask, dt, band):
    """Analytic signals within the band, a row a live unit."""
    frequency = np.abs(np.fft.fftfreq(len(x), dt))
    inside = (frequency >= band[0] - 1e-9) & (frequency <= band[1] + 1e-9)
    filtered = [np.fft.ifft(np.where(inside, np.fft.fft(unit), 0)).real for unit in x[:, mask].T]
    return [scipy.signal.hilbert(unit) for unit in filtered]


def _of_phases(statistic):
    def measure(x, mask, *, dt, band, periodic):
        cut = 0 if periodic else int(np.ceil(1 / band[0] / dt - 1e-6))
        phases = [np.angle(z)[cut : len(x) - cut] for z in _analytic(x, mask, dt, band)]
        return np.mean([statistic(a - b) for a, b in combinations(phases, 2)])

    return measure


def _of_cross_spectra(statistic):
    """Mean over pairs and frequencies of a statistic of the cross-spectra and powers of every segment."""

    def measure(x, mask, *, dt, band, segment):
        window = scipy.signal.get_window("hann", segment)
        frequency = np.fft.rfftfreq(segment, dt)
        inside = (frequency >= band[0] - 1e-9) & (frequency <= band[1] + 1e-9)
        starts = range(0, len(x) - segment + 1, segment - segment // 2)
        z = [np.array([np.fft.rfft((u[s : s + segment] - u[s : s + segment].mean()) * window) for s in starts])
             for u in x[:, mask].T]  # fmt: skip
        found = []
        for a, b in combinations(z, 2):
            found += [statistic(a[:, f], b[:, f]) for f in np.flatnonzero(inside)]
        return np.mean(found)

    return measure


def _coherency(a, b):
    return np.mean(a * b.conj()) / np.sqrt(np.mean(abs(a) ** 2) * np.mean(abs(b) ** 2))


def _wpli(a, b):
    im = (a * b.conj()).imag
    return abs(im.mean()) / abs(im).mean()


def _debiased_wpli(a, b):
    im = (a * b.conj()).imag
    pairs = [(p, q) for i, p in enumerate(im) for j, q in enumerate(im) if i != j]
    return sum(p * q for p, q in pairs) / sum(abs(p * q) for p, q in pairs)


def class_share(x, mask, *, labels):
    x = x[:, mask]
    of = np.argmax(labels, axis=1)
    between = sum(np.sum((x[of == c].mean(axis=0) - x.mean(axis=0)) ** 2) for c in of)
    return between / np.sum((x - x.mean(axis=0)) ** 2)


def within_class_si(x, mask, *, labels):
    of = np.argmax(labels, axis=1)
    return si_3(np.array([row - x[of == c].mean(axis=0) for row, c in zip(x, of, strict=True)]), mask)


def _trains(spikes):
    return [spikes.time[spikes.unit == j] for j in range(spikes.n_units)]


def mean_rate(spikes):
    return np.mean([len(train) / spikes.duration for train in _trains(spikes)])


def fano_factor(spikes):
    counts = [spikes.binned(0.1).values[:, j] for j in np.flatnonzero(spikes.counts >= 5)]
    return np.mean([c.var() / c.mean() for c in counts])


def population_fano_factor(spikes):
    counts = spikes.binned(0.003).values.sum(axis=1)
    return counts.var() / counts.mean()


def _live_pairs(spikes):
    return combinations([train for train in _trains(spikes) if len(train) >= 5], 2)


def sttc(spikes, window=0.005):
    """Shares of spikes from all distances, and covered time from its edges."""

    def near(a, b):
        return np.mean([min(abs(b - t)) <= window + 1e-9 for t in a])

    def covered(a):
        edges = np.unique(np.clip(np.r_[a - window, a + window, start, stop], start, stop))
        middle = (edges[1:] + edges[:-1]) / 2
        inside = [min(abs(a - t)) <= window for t in middle]
        return np.diff(edges)[inside].sum() / (stop - start)

    start, stop = spikes.t0, spikes.t0 + spikes.duration
    found = []
    for a, b in _live_pairs(spikes):
        pa, pb, ta, tb = near(a, b), near(b, a), covered(a), covered(b)
        found.append(sum(1 if p * t == 1 else (p - t) / (1 - p * t) for p, t in ((pa, tb), (pb, ta))) / 2)
    return np.mean(found)


def spike_synchronisation(spikes):
    """Every spike against every spike of the other train."""

    def shortest(a):
        steps = np.r_[spikes.duration, np.diff(a), spikes.duration]
        return np.minimum(steps[1:], steps[:-1])

    coincident = total = 0
    for a, b in _live_pairs(spikes):
        a, b = np.unique(a), np.unique(b)
        tau = np.minimum.outer(shortest(a), shortest(b)) / 2
        together = (abs(np.subtract.outer(a, b)) < tau) | np.equal.outer(a, b)
        coincident += together.any(axis=0).sum() + together.any(axis=1).sum()
        total += len(a) + len(b)
    return coincident / total


def cv_isi(spikes):
    intervals = [np.diff(train) for train in _trains(spikes) if len(train) >= 5]
    return np.mean([i.std() / i.mean() for i in intervals])


def _spike_phase(harmonic):
    def spike_phase(spikes):
        phases = spikes.phases(1e-3)
        kept = phases.n_units
        r = []
        for theta, valid in zip(phases.numpy(), phases.valid, strict=True):
            if valid.sum() >= max(2, kept / 2):
                r.append(abs(np.mean(np.exp(1j * harmonic * theta[valid]))))
        return np.mean(r)

    return spike_phase


ORACLES = {
    "kuramoto_r1": _kuramoto(1),
    "kuramoto_r2": _kuramoto(2),
    "batch_phase_sync": batch_phase_sync,
    "spike_phase_r1": _spike_phase(1),
    "spike_phase_r2": _spike_phase(2),
    "mean_rate": mean_rate,
    "cv_isi": cv_isi,
    "si_1": si_1,
    "si_2": si_2,
    "si_3": si_3,
    "mean_correlation": mean_correlation,
    "mean_squared_correlation": mean_squared_correlation,
    "chi_c": chi_c,
    "lambda1_fraction": lambda1_fraction,
    "golomb_chi": golomb_chi,
    "participation_ratio": participation_ratio,
    "population_rate_sd": population_rate_sd,
    "spectral_peak": spectral_peak,
    "fano_factor": fano_factor,
    "population_fano_factor": population_fano_factor,
    "sttc": sttc,
    "spike_synchronisation": spike_synchronisation,
    "plv": _of_phases(lambda d: abs(np.mean(np.exp(1j * d)))),
    "pli": _of_phases(lambda d: abs(np.mean(np.sign(np.sin(d))))),
    "squared_coherence": _of_cross_spectra(lambda a, b: abs(_coherency(a, b)) ** 2),
    "imaginary_coherence": _of_cross_spectra(lambda a, b: abs(_coherency(a, b).imag)),
    "wpli": _of_cross_spectra(_wpli),
    "debiased_wpli": _of_cross_spectra(_debiased_wpli),
    "class_share": class_share,
    "within_class_si": within_class_si,
}
