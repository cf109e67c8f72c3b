"""Keys of what agents plan: a prefix of their own, so that who keeps plans can be denied to write anything else."""

from laurel.store.keys import Key


def plan(program_id: str, key_id: str, name: str) -> Key:
    """A plan of an API key; `name`: its hash."""
    return Key(f"plan#{program_id}#{key_id}#{name}", "plan")
