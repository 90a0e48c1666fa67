"""Train networks: degradations, patches, recipes and the training loop.

The recipes are data in ``restorer.weights/recipes``; ``docs/weights.md`` describes the training
data and the results.
"""
