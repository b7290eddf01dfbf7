"""Evidence for auditors, to download."""
