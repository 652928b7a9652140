"""Nulls: surrogates in which units are independent, and tests of measures against them."""

MIN_SURROGATES = 199  # p cannot fall below 1/(1 + n); 199 resolves 0.005
NULL_NAMES = {  # of the kinds of surrogate, in tables and figures
    "linear_shift": "shifted",
    "innovations": "innovations",
    "circular_shift": "shifted round",
    "train_shift": "trains shifted",
    "interval_jitter": "spikes jittered",
    "permute": "permuted",
    "permute_within_class": "within class",
}
