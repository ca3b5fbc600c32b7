"""What a gate says, in the formats of the places where it runs."""
