"""Account transitions: read, decided by `laurel.domain.kernel`, written in one transaction, redone if raced.

A wall like the domain's: any change here is proved by `make simulate N=10000` first, then by `make test`.
"""
