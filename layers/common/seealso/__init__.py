"""The shared package of seealso: what every function needs, as one Lambda layer."""
