"""The portal, where members see what is theirs: one module and one folder of templates for each section.

overview    how they do                    rewards    progress towards each that may still come
links       links and codes, to share      payouts    what was paid, with its rows
earnings    each row, and why it is so     profile    their own data, and its erasure
doors       joining, signing in and out    addresses  another e-mail address, confirmed by a mailed link
site        the portal as a whole: its sections in their order
"""
