"""The page of the models: what there is, what can be added."""
