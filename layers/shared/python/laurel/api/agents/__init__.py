"""Agents: this API's operations as tools of the Model Context Protocol, through one stateless door.

messages   JSON-RPC: what a message is, in which version of the protocol
schemas    the arguments of a tool, as one JSON Schema
tools      the tools that a key may call
requests   what a tool asks of this API, with the caller's own key
fits       values beside their schema
plans      what a tool that writes would change, and how that is carried out once
protocol   the methods, and what they answer
door       one HTTP request in, one answer out
"""

from laurel.api.agents.door import answers, take

__all__ = ["answers", "take"]
