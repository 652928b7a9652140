"""What any torch module does: its layers, their axes, and recorders of both."""
