"""People in chat: what adapters ask of the service, and what people are told."""
