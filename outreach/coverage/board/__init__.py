"""What the board is told: reports that stay as they were published, with what was corrected since beside
them."""
