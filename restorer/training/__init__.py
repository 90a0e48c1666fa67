"""How the embedded weights were made: degradations, patches, the recipe, the papers' evaluation.

Front ends import the submodules; nothing in the processing core depends on them. The recipes
themselves are data, in ``restorer.weights/recipes``; what was trained on and what came out stands
in ``weights/README.md``.
"""
