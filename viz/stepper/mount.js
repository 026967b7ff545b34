// Put a widget where its output stands: the fallback there makes way for it.

function mount(id, css, widget) {
  const place = document.querySelector(`[data-stepgrad="${id}"]:not([data-ready])`);
  if (!place) return false;
  place.setAttribute("data-ready", "");
  place.setAttribute("data-lm-suppress-shortcuts", "true");
  const host = document.createElement("div");
  host.setAttribute("data-lm-suppress-shortcuts", "true");
  const shadow = host.attachShadow({ mode: "open" });
  shadow.append(el("style", {}, css));
  place.replaceChildren(host);
  follow(host);
  widget(shadow);
  return true;
}

// A notebook may run the script before its output is in the document.
function mountWhenThere(...all) {
  let tries = 0;
  const attempt = () => {
    if (!mount(...all) && ++tries < 100) setTimeout(attempt, 50);
  };
  attempt();
}

// Dark where the page behind is dark, whatever made it so, and when that changes.
function follow(host) {
  const update = () => host.setAttribute("data-theme", behind(host) < 0.4 ? "dark" : "light");
  update();
  const watcher = new MutationObserver(update);
  const filter = ["class", "style", "theme", "data-jp-theme-light", "data-theme"];
  for (const element of [document.documentElement, document.body]) {
    watcher.observe(element, { attributes: true, attributeFilter: filter });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
  requestAnimationFrame(update);
}

// How light the background behind an element is, from 0 to 1.
function behind(element) {
  for (let node = element.parentElement; node; node = node.parentElement) {
    const [r, g, b, a = 1] = (getComputedStyle(node).backgroundColor.match(/[\d.]+/g) ?? []).map(
      Number,
    );
    if (a > 0.5 && b !== undefined) return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
  }
  return 1;
}
