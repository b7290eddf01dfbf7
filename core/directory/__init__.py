"""The people, and the file that names them."""
