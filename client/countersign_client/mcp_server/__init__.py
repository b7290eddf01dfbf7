"""Countersign for MCP clients: tools with which a model asks for approval before it acts.

`python -m countersign_client.mcp_server` serves them, on standard input and output or over HTTP.
The package needs the extra `mcp`. https://modelcontextprotocol.io/specification
"""
