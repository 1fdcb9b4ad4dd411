"""A small school joins a neighbour’s show: asked, agreed, and kept track of."""
