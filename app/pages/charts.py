"""Plots as SVG, drawn from numbers: their shapes stretch with the page, their words are HTML beside them; pure.

A style sheet colours them, for light and for dark. The numbers themselves stand in a table below each plot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from app.pages.times import length

WIDTH, HEIGHT = 300, 100
GAP = 0.3
MOST_LABELS = 5


@dataclass(frozen=True)
class Scale:
    """How high a plot may be, each height so that its half can be said in a word or two, and how a value is said."""

    heights: tuple[float, ...]
    said: Callable[[float], str]

    def top(self, most: float) -> float:
        """The smallest height that this fits below; beyond the table it doubles."""
        top = next((height for height in self.heights if height >= most), self.heights[-1])
        while top < most:
            top *= 2
        return top


def percent(part: float) -> str:
    """4.6 %, 0 %, 100 %."""
    return f"{round(100 * part, 1):g} %"


SECONDS = Scale(
    (2, 4, 10, 20, 40, 60, 120, 240, 600, 1200, 2400, 3600, 7200, 14_400, 28_800, 43_200, 86_400),
    lambda seconds: length(seconds) if seconds else "0",
)
SHARES = Scale((0.1, 0.2, 0.4, 0.6, 1.0), percent)
COUNTS = Scale((2, 4, 6, 10), lambda count: f"{count:g}")


@dataclass(frozen=True)
class Point:
    """One place on the horizontal axis; `value` is None where nothing was measured there."""

    label: str
    value: float | None


@dataclass(frozen=True)
class Chart:
    """What is plotted. No other plot on the page has this `name`."""

    name: str
    title: str
    points: tuple[Point, ...]
    scale: Scale = COUNTS

    @property
    def top(self) -> float:
        return self.scale.top(max((point.value or 0.0 for point in self.points), default=0.0))

    @property
    def description(self) -> str:
        """Each point in words, for who does not see the plot."""
        told = (
            f"{each.label}: {'nothing' if each.value is None else self.scale.said(each.value)}"
            for each in self.points
        )
        return "; ".join(told)


def bars(chart: Chart) -> Markup:
    """A bar for each point, as wide as its part of the time."""
    step = WIDTH / max(1, len(chart.points))
    drawn = [
        _rect(number * step + step * GAP / 2, step * (1 - GAP), HEIGHT * point.value / chart.top)
        for number, point in enumerate(chart.points)
        if point.value
    ]
    return _framed(chart, Markup("").join(drawn))


def line(chart: Chart) -> Markup:
    """A line from point to point, broken where nothing was measured; each point is a dot, also a lone one."""
    step = WIDTH / max(1, len(chart.points))
    drawn, before = [Markup("")], False
    path = []
    for number, point in enumerate(chart.points):
        if point.value is not None:
            at = f"{(number + 0.5) * step:.1f} {HEIGHT - HEIGHT * point.value / chart.top:.1f}"
            path.append(f"{'L' if before else 'M'}{at}")
            drawn.append(Markup('<path class="dot" d="M{0}h.01"/>').format(at))
        before = point.value is not None
    return _framed(chart, Markup('<path d="{}"/>').format(" ".join(path)) + Markup("").join(drawn))


def share(part: float) -> Markup:
    """A share, from 0 to 1, beside its number."""
    return Markup(
        '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{:.0f}" height="8"/></svg>'
    ).format(100 * part)


def _rect(x: float, width: float, height: float) -> Markup:
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        x, HEIGHT - height, width, height
    )


def _framed(chart: Chart, drawn: Markup) -> Markup:
    """With its axes; the words on them are said by the description too, so that readers need not hear them twice."""
    top, said = chart.top, chart.scale.said
    return Markup(
        '<div class="chart"><div class="y" aria-hidden="true">{y}</div>'
        '<svg viewBox="0 0 {w} {h}" preserveAspectRatio="none" role="img" aria-labelledby="{name}-said {name}-told">'
        '<title id="{name}-said">{title}</title><desc id="{name}-told">{told}</desc>{grid}{drawn}</svg>'
        '<div class="x" aria-hidden="true">{x}</div></div>'
    ).format(
        y=_spans([said(top), said(top / 2), said(0)]),
        w=WIDTH,
        h=HEIGHT,
        name=chart.name,
        title=chart.title,
        told=chart.description,
        grid=Markup("").join(_rule(at) for at in (0, HEIGHT // 2, HEIGHT)),
        drawn=drawn,
        x=_spans([point.label for point in _some(chart.points)]),
    )


def _rule(at: int) -> Markup:
    return Markup('<line x1="0" x2="{w}" y1="{at}" y2="{at}"/>').format(w=WIDTH, at=at)


def _spans(words: Sequence[str]) -> Markup:
    return Markup("").join(Markup("<span>{}</span>").format(each) for each in words)


def _some(points: Sequence[Point]) -> list[Point]:
    """As many labels as stand beside each other on a telephone, the first and the last among them."""
    if len(points) <= MOST_LABELS:
        return list(points)
    apart = (len(points) - 1) / (MOST_LABELS - 1)
    return [points[round(number * apart)] for number in range(MOST_LABELS)]
