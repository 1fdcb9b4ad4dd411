"""Whether contacts are still right: schools are asked once a year and say so by one link; and an address from which
mail came back is put right."""
