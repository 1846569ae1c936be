"""The machine room: the marginal likelihood and everything that compiles it."""
