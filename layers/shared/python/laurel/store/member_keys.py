"""The keys of what is kept of a member beside the account; all of it sorts behind what a transition reads."""

from laurel.store.keys import Key, account


def name(program_id: str, member_id: str, number: int) -> Key:
    """One of the texts by whose beginning a member is found; it sorts after all that a transition reads."""
    return Key(account(program_id, member_id), f"name#{number}")


def payee(program_id: str, member_id: str) -> Key:
    """The account at which a member is paid."""
    return Key(account(program_id, member_id), "payee")


def tree(program_id: str, member_id: str) -> Key:
    """A member's children in the referral tree."""
    return Key(account(program_id, member_id), "tree")


def repeats(program_id: str, member_id: str, rule_id: str, key: str) -> Key:
    """The multiples for which a rule that repeats has fired in a period; `key`: what the period is known by."""
    return Key(account(program_id, member_id), f"repeats#{rule_id}#{key}")
