"""One page that needs nothing else: figures as text, plots as SVG, no scripts. Its policy forbids the browser the rest.

The first screen has the verdict, what it rests on, and the six figures that decide; the template is `page.html`.
"""

from pathlib import Path

from training.evaluation.scores import Interval
from training.report._drawings import drawings
from training.report._evaluation import Evaluation
from training.report._verdict import Level, verdict

_TEMPLATE = Path(__file__).parent / "page.html"
_COLOURS = {Level.TRUST: "trust", Level.CARE: "care", Level.DOUBT: "doubt"}


def as_html(evaluation: Evaluation) -> str:
    """The whole page."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"share": _share, "span": _span, "seconds": lambda value: f"{value:.2f} s"}
    judged = verdict(evaluation)
    scores, stream = evaluation.report.quantized, evaluation.stream
    tested = [one for one in scores.per_class if one.support]
    return environment.from_string(_TEMPLATE.read_text()).render(
        evaluation=evaluation,
        report=evaluation.report,
        stream=stream,
        verdict=judged,
        level=_COLOURS,
        actions=[] if stream is None else [(one, stream.touching.of(one)) for one in stream.touching.actions],
        worst=sorted(tested, key=lambda one: one.f1)[:3],
        # SVG is matplotlib's own, which escapes the names of the data.
        plots={name: Markup(text) for name, text in drawings(evaluation).items()},  # noqa: S704
    )


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _span(value: Interval | None) -> str:
    return "no interval: one person" if value is None else f"{100 * value.low:.0f} to {100 * value.high:.0f} %"
