"""What a tour day can be: kinds of day, and the sets of schools that fit them."""
