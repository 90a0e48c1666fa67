"""The papers' protocols: what a model reaches on pictures that it was not trained on."""
