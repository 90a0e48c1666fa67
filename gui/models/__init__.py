"""The page of the models: lists, downloads, adds and removes them."""
