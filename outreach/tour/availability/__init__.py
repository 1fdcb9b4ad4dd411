"""What a troupe gives of its time: rest, lunch, nights away, days off."""
