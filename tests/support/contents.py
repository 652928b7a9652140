"""Content of an HDF5 file, for the comparison of two files."""

import h5py
import numpy as np


def everything(path):
    """Every dataset and attribute, with type, layout and order, but `created` and the references of HDF5 itself."""
    found = {}

    def note(name, item):
        hidden = {"created", "DIMENSION_LIST", "REFERENCE_LIST"}
        attrs = [(k, v if isinstance(v, str) else np.asarray(v).tolist()) for k, v in item.attrs.items()]
        found[name] = [[(k, v) for k, v in attrs if k not in hidden]]
        if isinstance(item, h5py.Dataset):
            values = item.asstr()[...] if item.dtype == object else item[...]
            scales = [[scale.name for scale in axis.values()] for axis in item.dims]
            found[name] += [item.dtype.str, item.shape, item.chunks, item.compression, scales, values.tolist()]

    with h5py.File(path) as file:
        note("/", file)
        file.visititems(note)
    return found
