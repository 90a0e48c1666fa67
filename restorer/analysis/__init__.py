"""Look closer: compare models, measure their speed, show what an attention sees."""
