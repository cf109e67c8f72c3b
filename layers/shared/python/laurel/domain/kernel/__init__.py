"""The account transition, on which exactly-once rests: what one transaction writes is decided here and nowhere else.

A wall: nobody outside reaches into a pass, and nothing in it is touched lightly. What must stay true:

- totals are the sum of what each commission has contributed, before and after every transaction;
- each row is counted once, each rule fires once a period, each by the same commit as what caused it;
- the same account, changes and rules give the same transition: no clock, no chance, no reading.

Whoever changes anything here proves it with `make simulate N=10000` first, then `make test`.
"""
