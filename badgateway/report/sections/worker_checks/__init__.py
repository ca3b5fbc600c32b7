"""Whether one worker's waiting lets others in."""
