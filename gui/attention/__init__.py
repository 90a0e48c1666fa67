"""The page that shows what an attention sees."""
