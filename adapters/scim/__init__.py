"""SCIM 2.0 (RFC 7643, RFC 7644): an identity provider keeps people and groups up to date.

What it wants is turned into plain values, and the core judges it. `scim2_models` appears only here,
and is loaded only where SCIM is switched on.
"""
