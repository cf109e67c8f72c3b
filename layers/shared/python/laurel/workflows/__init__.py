"""Use cases over several entities: each reads, asks the domain, and writes once."""
