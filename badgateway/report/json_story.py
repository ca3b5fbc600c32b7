"""The ladder, the rankings at each database distance and the confirmation for programs."""

from collections.abc import Callable
from dataclasses import asdict

from badgateway.model.distance import DistanceRanking
from badgateway.model.ladder import Ladder
from badgateway.model.summary import Confirmation, LevelSummary, StudySummary

Object = dict[str, object]


def story_objects(study: StudySummary) -> Object:
    """Return the keys that the story adds to the document; null or empty without a story."""
    return {
        "ladder": study.ladder and _ladder(study.ladder),
        "distance_rankings": [_ranking(ranking) for ranking in study.distance_rankings],
    }


def _ladder(found: Ladder) -> Object:
    arms = (
        {"step": step.title, "configuration": arm.configuration, "against": arm.against, **asdict(effect)}
        for step in found.steps
        for arm in step.arms
        for effect in arm.effects
    )
    return {"significance": found.significance, "effects": list(arms)}


def _ranking(found: DistanceRanking) -> Object:
    return asdict(found)


def confirmation_object(found: Confirmation, level_object: Callable[[LevelSummary], Object]) -> Object:
    """Return what became of the pick at its rate."""
    return {
        "configuration": found.level.configuration,
        "rate_per_minute": found.rate_per_minute,
        "sent_per_minute": found.sent_per_minute,
        "sentence": found.sentence,
        "level": level_object(found.level),
    }
