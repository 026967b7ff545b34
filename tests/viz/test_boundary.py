"""Decision boundaries without matplotlib: the model's answers, and the picture read back."""

import base64
import re
import struct
import zlib
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value
from viz.boundary import COLORS, CORNERS, Boundary, draw_boundary
from viz.field import evaluate, field
from viz.png import png

SVG = "{http://www.w3.org/2000/svg}"
SQUARE = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]


def slanted(x):
    """Positive under the line x1 = 0.25 + x0 / 2."""
    return 0.25 + 0.5 * x[0] - x[1]


def parsed(picture):
    return ElementTree.fromstring(picture.svg())


def decoded(image):
    """The width, the height, the pixels' colours from the top: read by the PNG specification."""
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(image):
        (size,) = struct.unpack(">I", image[at : at + 4])
        kind, data = image[at + 4 : at + 8], image[at + 8 : at + 8 + size]
        (check,) = struct.unpack(">I", image[at + 8 + size : at + 12 + size])
        assert check == zlib.crc32(kind + data)
        chunks[kind] = data
        at += 12 + size
    width, height, depth, color = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, color) == (8, 3)
    pixels = zlib.decompress(chunks[b"IDAT"])
    palette = [tuple(chunks[b"PLTE"][3 * i : 3 * i + 3]) for i in range(len(chunks[b"PLTE"]) // 3)]
    palette = [(*c, o) for c, o in zip(palette, chunks[b"tRNS"], strict=True)]
    rows = [pixels[i * (width + 1) : (i + 1) * (width + 1)] for i in range(height)]
    assert all(row[0] == 0 for row in rows)
    return width, height, [[palette[p] for p in row[1:]] for row in rows]


def raster(picture, theme):
    (image,) = [i for i in parsed(picture).iter(f"{SVG}image") if i.get("class") == theme]
    return decoded(base64.b64decode(image.get("href").removeprefix("data:image/png;base64,")))


def rgb(color):
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))


# -- the numbers --


def test_the_grid_surrounds_the_points():
    found = field(slanted, [[0.0, -4.0], [2.0, 6.0]], [1, -1], resolution=11)
    assert (found.xs[0], found.xs[-1]) == pytest.approx((-0.3, 2.3))
    assert (found.ys[0], found.ys[-1]) == pytest.approx((-5.5, 7.5))
    assert len(found.xs) == len(found.ys) == len(found.scores[0]) == len(found.scores[0][0]) == 11
    for i, y in enumerate(found.ys):
        for j, x in enumerate(found.xs):
            assert found.scores[1][i][j] == slanted([x, y])
            assert found.scores[0][i][j] == -slanted([x, y])
            assert found.winner(i, j) == int(slanted([x, y]) > 0)


def test_one_point_has_room_around_it():
    found = field(slanted, [[2.0, 3.0]], [-1], resolution=3)
    assert (found.xs, found.ys) == ([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])
    assert found.labels == [-1, 1]


@pytest.mark.parametrize(
    ("model", "rows"),
    [
        (nn.MLP(2, [5, 1], activation="tanh", rng=1), SQUARE),
        (nn.MLP(2, [5, 3], output="softmax", rng=1), SQUARE),
        (nn.MLP(2, [5, 1], activation="prelu", rng=1), SQUARE),
        (slanted, SQUARE),
        (lambda x: x[0] if x[0] > 0.5 else -x[1], SQUARE),  # branches: no one graph stands for it
        (lambda x: getattr(x[0], "data", x[0]) ** 2 - 0.3, SQUARE),  # a plain number
        (lambda x: Value(1.0) if getattr(x[0], "data", x[0]) else Value(-1.0), SQUARE),
        (lambda x: [x[0] - 0.3], SQUARE),
    ],
)
def test_answers_are_those_of_the_model(model, rows):
    wanted = []
    for row in rows:
        answer = model(row)
        answer = [getattr(a, "data", a) for a in answer] if isinstance(answer, list) else answer
        answer = answer[0] if isinstance(answer, list) and len(answer) == 1 else answer
        wanted.append(getattr(answer, "data", answer))
    assert evaluate(model, rows) == wanted


def test_a_branch_that_few_rows_take_is_seen():
    rows = [[float(i), 0.0] for i in range(100)]
    assert evaluate(lambda x: x[1] - 7.0 if 50.5 < x[0] < 51.5 else x[0] + 0.0, rows) == [
        -7.0 if i == 51 else float(i) for i in range(100)
    ]


def test_classes_lead_where_their_output_is_the_largest():
    def three(x):
        return [1.0 - x[0] * x[0], x[0] + x[1], x[0] - x[1]]

    found = field(three, [*SQUARE, [-1.0, 0.0]], [0, 1, 2, 0, 1], resolution=9)
    assert found.labels == [0, 1, 2]
    for i, y in enumerate(found.ys):
        for j, x in enumerate(found.xs):
            z = three([x, y])
            assert found.winner(i, j) == z.index(max(z))
            tops = [layer[i][j] for layer in found.scores]
            assert sum(t > 0 for t in tops) <= 1
            assert max(tops) == max(z) - sorted(z)[1]
    assert [p.wanted for p in found.points] == [0, 1, 2, 0, 1]
    one_hot = nn.data.one_hot([0, 1, 2, 0, 1], 3)
    again = field(three, [*SQUARE, [-1.0, 0.0]], one_hot, resolution=9)
    assert again.points == found.points


@pytest.mark.parametrize(
    ("output", "threshold", "at"),
    [("linear", None, 0.0), ("sigmoid", None, 0.5), ("linear", 0.5, 0.5), ("sigmoid", 0.25, 0.25)],
)
def test_the_threshold_is_where_the_model_puts_it(output, threshold, at):
    model = nn.MLP(2, [1], output=output, rng=3)
    inputs, targets = nn.data.moons(30)
    found = field(model, inputs, targets, threshold=threshold, resolution=5)
    for point, row in zip(found.points, inputs, strict=True):
        assert point.given == int(model(row).data > at)
    right = sum(p.given == t for p, t in zip(found.points, targets, strict=True))
    assert found.accuracy == right / 30


@given(scale=st.floats(1e-6, 1e6))
def test_sureness_does_not_depend_on_the_scale_of_scores(scale):
    found, scaled = (
        field(lambda x, s=s: slanted(x) * s, SQUARE, [1, 1, -1, -1], resolution=6)
        for s in (1.0, scale)
    )
    for a, b in zip(found.sureness(), scaled.sureness(), strict=True):
        assert a == pytest.approx(b, rel=1e-12)
        assert all(0 <= s < 1 for s in a)


@pytest.mark.parametrize(
    ("model", "inputs", "targets", "message"),
    [
        (slanted, [[1.0, 2.0, 3.0]], [1], "drawn over two inputs; got a row of 3"),
        (slanted, SQUARE, [1, -1], "got 4 points and 2 targets"),
        (slanted, [], [], "got 0 points"),
        (slanted, SQUARE, [0, 1, 2, 1], "one score tells two classes apart.*are 0, 1, 2"),
        (lambda x: [x[0], x[1]], SQUARE, [0, 1, 2, 1], "has 2 outputs: .*got 2"),
        (slanted, [[float("inf"), 1.0]], [1], "finite coordinates"),
    ],
)
def test_refusals(model, inputs, targets, message):
    with pytest.raises(ValueError, match=message):
        draw_boundary(model, inputs, targets)


def test_there_are_colours_for_seven_classes():
    draw_boundary(lambda x: [x[0] * k for k in range(7)], SQUARE, [0, 1, 2, 6])
    assert len(CORNERS) == len(COLORS) - 1
    with pytest.raises(ValueError, match="colours for 7 classes; got 8"):
        draw_boundary(lambda x: [x[0] * k for k in range(8)], SQUARE, [0, 1, 2, 7])


# -- the picture --


@given(
    pixels=st.lists(st.binary(min_size=3, max_size=3), min_size=1, max_size=5).map(
        lambda rows: [bytes(p % 4 for p in row) for row in rows]
    )
)
def test_png_round_trip(pixels):
    palette = [(0, 0, 0, 255), (255, 0, 0, 128), (1, 2, 3, 0), (9, 8, 7, 6)]
    width, height, colors = decoded(png(pixels, palette))
    assert (width, height) == (3, len(pixels))
    assert colors == [[palette[p] for p in row] for row in pixels]


@pytest.mark.parametrize(("theme", "which"), [("light", 0), ("dark", 1)])
def test_regions_have_their_classes_colours(theme, which):
    picture = draw_boundary(slanted, SQUARE, [1, 1, -1, -1], resolution=20)
    width, height, colors = raster(picture, theme)
    assert (width, height) == (20, 20)
    found = picture.field
    opacities = {}
    for i in range(20):
        for j in range(20):
            *color, opacity = colors[19 - i][j]  # the first row is the top
            assert tuple(color) == rgb(COLORS[found.winner(i, j)][which])
            opacities[found.sureness()[i][j]] = opacity
    ordered = [opacities[s] for s in sorted(opacities)]
    assert ordered == sorted(ordered)
    assert ordered[0] < 40 < 100 < ordered[-1] < 140  # points stay seen on the surest region


def to_plane(picture):
    """A function from a place in the picture to the data, by the frame around the plot."""
    (frame,) = [r for r in parsed(picture).iter(f"{SVG}rect") if r.get("class") == "axis"]
    left, top, width, height = (float(frame.get(k)) for k in ("x", "y", "width", "height"))
    xs, ys = picture.field.xs, picture.field.ys
    return lambda x, y: (
        xs[0] + (xs[-1] - xs[0]) * (x - left) / width,
        ys[-1] - (ys[-1] - ys[0]) * (y - top) / height,
    )


def line_ends(picture):
    (path,) = [p for p in parsed(picture).iter(f"{SVG}path") if p.get("class") == "boundary"]
    plane = to_plane(picture)
    places = re.findall(r"([\d.]+) ([\d.]+)", path.get("d"))
    return [plane(float(x), float(y)) for x, y in places]


def test_the_line_is_where_the_score_is_0():
    ends = line_ends(draw_boundary(slanted, SQUARE, [1, 1, -1, -1], resolution=15))
    assert len(ends) > 20
    # a tenth of a pixel is 0.0003 here
    assert max(abs(slanted(end)) for end in ends) < 0.001
    assert min(x for x, _ in ends) == pytest.approx(-0.15, abs=0.001)


def test_a_curve_is_followed_to_a_thousandth():
    def circle(x):
        return x[0] * x[0] + x[1] * x[1] - 1.0

    corners = [[-1.5, -1.5], [1.5, 1.5], [0.0, 0.0]]
    ends = line_ends(draw_boundary(circle, corners, [1, 1, -1], resolution=101))
    # between grid lines 0.039 apart a chord is 0.039**2 / 8 off, a rounded place 0.0005
    assert max(abs(circle(end)) for end in ends) < 0.003
    assert {(x > 0, y > 0) for x, y in ends} == {
        (a, b) for a in (True, False) for b in (True, False)
    }


def test_nowhere_a_boundary():
    assert line_ends(draw_boundary(lambda x: x[0] + 100.0, SQUARE, [1, 1, 1, -1])) == []


def test_points_are_where_they_are_with_the_mark_of_their_class():
    inputs = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    picture = draw_boundary(slanted, inputs, [1, 1, -1, 1])
    root = parsed(picture)
    plane = to_plane(picture)
    marks = [m for m in root.iter() if (m.get("class") or "").startswith("point ")]
    legend, drawn = marks[:2], marks[2:]
    assert [m.get("class") for m in legend] == ["point k0", "point k1"]
    assert [m.get("class") for m in drawn] == [
        "point k1",
        "point k1",
        "point k0",
        "point k1 wrong",
    ]
    for mark, wanted in zip(drawn, inputs, strict=True):
        if mark.tag == f"{SVG}circle":
            at = float(mark.get("cx")), float(mark.get("cy"))
        else:
            places = [tuple(map(float, p.split(","))) for p in mark.get("points").split()]
            assert len(places) == 8  # a square, with the middles of its sides
            at = tuple(sum(v) / len(places) for v in zip(*places, strict=True))
        assert plane(*at) == pytest.approx(wanted, abs=0.002)
    texts = [t.text for t in root.iter(f"{SVG}text")]
    assert "3 of 4 points lie in their region, the others are ringed" in texts
    assert {"class -1", "class 1", "x1", "x2", "Decision boundary"} <= set(texts)


def test_ticks_are_round_and_in_place():
    picture = draw_boundary(slanted, [[0.0, 0.0], [1.0, 40.0]], [1, -1])
    plane = to_plane(picture)
    labels = [t for t in parsed(picture).iter(f"{SVG}text") if t.get("class") == "label"][1:]
    across = [t for t in labels if t.get("text-anchor") == "middle"]
    up = [t for t in labels if t.get("text-anchor") == "end"]
    assert [t.text for t in across] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert [t.text for t in up] == ["0", "10", "20", "30", "40"]
    for t in across:
        assert plane(float(t.get("x")), 100.0)[0] == pytest.approx(float(t.text), abs=1e-3)


def test_what_people_type_is_text():
    evil = '<script>alert("1")</script>&'
    picture = draw_boundary(slanted, SQUARE, [1, 1, -1, -1], title=evil, axes=(evil, "y"))
    root = parsed(picture)
    assert not list(root.iter(f"{SVG}script"))
    assert evil in [t.text for t in root.iter(f"{SVG}text")]
    bundle = picture._repr_mimebundle_()
    assert "<script" not in bundle["text/html"]
    assert 'alt="' in bundle["text/html"]


def test_it_stands_alone_and_knows_the_dark():
    svg = draw_boundary(slanted, SQUARE, [1, 1, -1, -1]).svg()
    assert "prefers-color-scheme:dark" in svg
    assert re.findall(r'(?:href|src)="(?!data:)', svg) == []
    assert [u for u in re.findall(r"https?://[^\"]+", svg) if "w3.org" not in u] == []
    assert 'role="img"' in svg
    assert "<desc>Decision boundary: the regions of 2 classes (-1, 1) over x1 and x2; 4 of 4" in svg


def test_save(tmp_path):
    picture = draw_boundary(slanted, SQUARE, [1, 1, -1, -1])
    assert isinstance(picture, Boundary)
    assert picture.save(tmp_path / "b.svg").read_text() == picture.svg()
    with pytest.raises(ValueError, match=r"b.png': this picture is an SVG.*plot_decision_boundary"):
        picture.save(tmp_path / "b.png")
    assert repr(picture).startswith("<Boundary: Decision boundary: the regions of 2 classes")
