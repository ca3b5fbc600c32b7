"""The tables: members, courses, scores, and what was loaded into them."""

from django.db import models


class Member(models.Model):
    """A member of the school."""

    number = models.CharField(max_length=12, unique=True)
    first_name = models.CharField(max_length=40)
    last_name = models.CharField(max_length=40)
    email = models.EmailField(max_length=120)
    phone = models.CharField(max_length=20)
    street = models.CharField(max_length=80)
    postcode = models.CharField(max_length=10)
    city = models.CharField(max_length=60)
    born_on = models.DateField()
    joined_on = models.DateField()
    level = models.CharField(max_length=12)

    def __str__(self) -> str:
        return f"{self.number} {self.full_name}"

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


class Course(models.Model):
    """A course in which scores are taken."""

    code = models.CharField(max_length=12, unique=True)
    title = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Score(models.Model):
    """The points, 0 to 100, a member got in a course on a day."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="scores")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="scores")
    points = models.PositiveSmallIntegerField()
    taken_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.points} points"


class LoadedDataset(models.Model):
    """The one row which says what was loaded; the loaded rows of each table have the ids 1 to their count."""

    version = models.PositiveIntegerField()
    seed = models.PositiveIntegerField()
    members = models.PositiveIntegerField()
    courses = models.PositiveIntegerField()
    scores = models.PositiveIntegerField()
    points = models.PositiveBigIntegerField()
    loaded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.members} members, {self.scores} scores (version {self.version}, seed {self.seed})"
