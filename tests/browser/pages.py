"""What the tests of the stepper's page share: a graph, and ways to move and to read the page."""

from autograd import Value


def circuit():
    """Shared values, numbers among the operands, and a saturated tanh."""
    a, b = Value(2.0, name="a"), Value(-3.0, name="b")
    d = a * b + a
    out = d.tanh() * d + (a - 2.5) ** 2 / b
    out.name = "out"
    return out, [a, b]


def positions(page):
    return int(page.locator("input[aria-label=step]").get_attribute("max"))


def press(page, key, times=1):
    page.locator(".viewport").first.focus()
    for _ in range(times):
        page.keyboard.press(key)


def shown(page):
    """What the page says, apart from the buttons."""
    return page.evaluate(
        """() => {
          const root = document.querySelector("[data-stepgrad] > div").shadowRoot;
          return [".picture", ".explain", ".place"].map((part) => root.querySelector(part).outerHTML
            .replace(/transform: [^;]*;/g, "").replace(/ ?smooth/g, "").replace(/ class=""/g, ""));
        }"""
    )


def titles(page, picture=0):
    """By name, the numbers in full that a picture holds for each node."""
    texts = page.locator(".picture").nth(picture).locator(".node > title").all_text_contents()
    table = {}
    for text in texts:
        heading, *lines = text.split("\n")
        name = heading.split(" = ")[0]
        table[name] = {key: float(x) for key, x in (line.split() for line in lines)}
    return table
