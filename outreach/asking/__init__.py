"""Schools are asked: invitations and their answers, rounds, the open door."""
