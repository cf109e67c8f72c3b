"""Charts: values in their place, on axes that people can read, and none where nothing is known."""

import re

from laurel.pages.charts import Chart, Series

DAYS = ["16 Nov", "17 Nov", "18 Nov"]


def drawn(*series: Series, **told: object) -> str:
    return Chart("Sales <b>", DAYS, series, lambda value: f"{value} &c", **told).__html__()  # type: ignore[arg-type]


def heights(html: str, kind: str) -> list[tuple[str, str]]:
    return re.findall(rf'class="line {kind}" [^>]*?y1="([\d.]+)"[^>]*?y2="([\d.]+)"', html)


def test_the_axis_ends_above_the_greatest_value_in_round_steps():
    html = drawn(Series("Now", [0, 130, 260]))
    axis = re.findall(r'text-anchor="end">([^<]+)<', html)[:4]
    assert axis == ["0 &amp;c", "100 &amp;c", "200 &amp;c", "300 &amp;c"]
    assert heights(html, "now") == [("192.0", "114.0"), ("114.0", "36.0")]


def test_a_last_day_that_is_not_over_is_drawn_and_told_as_a_part():
    values = [10, 10, 1]
    lines = drawn(Series("Now", values), Series("Before", values, "before"), ends_in_part=True)
    assert [len(heights(lines, kind)) for kind in ("now", "now part", "before")] == [1, 1, 2]
    bars = drawn(Series("Now", values), form="bars", ends_in_part=True)
    assert re.findall(r'class="(bar[^"]*)"', bars) == ["bar", "bar", "bar part"]
    for html in (lines, bars):
        assert html.count("18 Nov (in part)") == 3, "pointed at, heard, and in the table"
        assert "part" not in drawn(Series("Now", values))


def test_nothing_is_drawn_where_nothing_is_known():
    html = drawn(Series("Now", [10, None, 10]), Series("Before", [5, 5, 5], "before"))
    assert (len(heights(html, "now")), len(heights(html, "before"))) == (0, 2)
    assert html.count("<circle") == 2


def test_a_chart_of_nothing_says_so():
    for values in ([0, 0, 0], [None, None, None]):
        html = drawn(Series("Now", values))
        assert ("<svg" in html, "Nothing in these days" in html) == (False, True)


def test_every_value_can_be_read_by_keyboard_and_in_a_table_and_is_text():
    html = drawn(Series("<i>Now", [1, 2, 3]), axis=["a", "b", "c"], scale=lambda value: f"{value}k")
    assert re.findall(r'tabindex="(-?\d)"', html) == ["-1", "-1", "0"]
    assert 'aria-label="18 Nov; &lt;i&gt;Now 3 &amp;c"' in html
    assert '<th scope="row">18 Nov</th><td class="number">3 &amp;c</td>' in html
    assert [each in html for each in ("<b>", "<i>", ">4k<", ">b<")] == [False, False, False, True]
