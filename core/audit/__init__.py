"""The trail: the chain, checkpoints over it, and evidence that can be checked offline."""
