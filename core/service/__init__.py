"""The application service: what loads, decides and stores, for agents and for people in chat."""
