"""Finds the unit graph of a PyTorch module by moving one unit after the other. Knows nothing of TorchScript."""
