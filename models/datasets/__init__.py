"""Data with labels, by name or from files of the user's own: images and sequences."""

from .choice import stratified
from .dataset import Dataset
from .files import FASHION_MNIST, IDX_FILES
from .loading import DATA, healthy_images, load_data

__all__ = ["DATA", "FASHION_MNIST", "IDX_FILES", "Dataset", "healthy_images", "load_data", "stratified"]
