"""People in a browser: how they sign in, and how long that holds."""
