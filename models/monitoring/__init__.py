"""Activity of the layers of a model during training, and the penalty on it."""
