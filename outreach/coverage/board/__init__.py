"""Reports to the board: they stay as they were published, with what was corrected since beside them."""
