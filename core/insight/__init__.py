"""What can be learnt from what was decided: figures, and what follows from them. Pure."""
