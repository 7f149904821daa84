"""The shared package of seealso: what every function needs, as one Lambda layer.

Imports point one way (design.md, "Packages"); tests keep it.
"""
