"""The keys of a program's people: its users, and the sessions of users and members."""

from laurel.store.keys import Key, digest


def user(program_id: str, user_id: str) -> Key:
    """A user as their program lists them."""
    return Key(f"{program_id}#users", user_id)


def removed_user(program_id: str, user_id: str) -> Key:
    """A user who was removed: the history still names them."""
    return Key(f"{program_id}#removed-users", user_id)


def user_door(identity: str, program_id: str) -> Key:
    """The user who has an address (`identity`: case-folded) in a program; one person may be a user of several."""
    return Key(user_doors(identity), program_id)


def user_doors(identity: str) -> str:
    """All programs that know an address as one of their users."""
    return f"user#{digest(identity)}"


def link(program_id: str, sha256: str) -> Key:
    """A link that signs in, by the hash of its token."""
    return Key(f"{program_id}#sign-in#{sha256}", "link")


def address_link(program_id: str, sha256: str) -> Key:
    """A link that confirms a member's new address, by the hash of its token; it signs nobody in."""
    return Key(f"{program_id}#sign-in#{sha256}", "address")


def asking_member(program_id: str, member_id: str) -> Key:
    """The links to new addresses that a member asked for in the past hour."""
    return Key(f"asked#{digest(program_id, member_id)}", "member")


def applications(program_id: str) -> Key:
    """The applications that a program got in the past hour."""
    return Key(f"{program_id}#applications", "applications")


def nobody(asked: Key) -> Key:
    """The write beside an asked address that stands for the mail to an address that nobody has."""
    return Key(asked.pk, "nobody")


def session(sha256: str) -> Key:
    """A session of a user or a member, by the hash of the text that the browser has."""
    return Key(f"session#{sha256}", "session")
