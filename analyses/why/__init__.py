"""The parts of a value of synchrony: classes, slow and fast activity, groups of units, chance, a common reference."""
