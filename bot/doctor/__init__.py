"""What `countersign doctor` looks at. Nothing here changes anything, and nothing shows a secret."""
