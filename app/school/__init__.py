"""The school: members, courses, scores, and their exports."""
