"""What the layers of a model do while it trains, and the penalty on it."""
