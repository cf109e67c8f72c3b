"""Account transitions carried out: read, decided by `laurel.domain.kernel`, written at once, redone if raced.

A wall, as that one is: whoever changes anything here proves it with `make simulate N=10000` first, then `make test`.
"""
