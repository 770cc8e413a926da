"""The composition root: which adapter stands behind which port. Everything is made at its first use, once a process.

One file for each kind of thing. A function imports the files of what it uses, and loads no other adapter.
"""
