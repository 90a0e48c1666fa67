"""Color: ICC profiles, code points, tone curves and linear light."""
