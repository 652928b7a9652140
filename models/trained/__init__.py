"""What a network that is trained is worth and does: evaluation, activity, dynamics, the classifier as a system."""
