// Elements. Text reaches the page through text nodes and attributes only, never as mark-up.

const FOCUSABLE = new Set(["button", "input", "select", "summary"]);

function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(element, attributes, children) {
  // JupyterLab takes "d d" for "delete the cell" wherever this is missing
  if (FOCUSABLE.has(element.localName)) element.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== ""));
  return element;
}

// Change the page only where it differs: a step then costs what it changes.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function icon(...paths) {
  const shapes = paths.map((d) => svg("path", { d }));
  return svg(
    "svg",
    { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
    ...shapes,
  );
}

const ICONS = {
  first: ["M3 3h2v10H3z", "M13 3v10L6 8z"],
  back: ["M12 3v10L4 8z"],
  play: ["M4 2.5v11l9-5.5z"],
  pause: ["M4 3h3v10H4z", "M9 3h3v10H9z"],
  next: ["M4 3v10l8-5z"],
  last: ["M3 3v10l7-5z", "M11 3h2v10h-2z"],
};

// d(a + b) has brackets, da has not.
function derivative(of, to) {
  const bracketed = (name) => (/[ +\-*/()]/.test(name) ? `(${name})` : name);
  return `d${bracketed(of)}/d${bracketed(to)}`;
}

// A formula of the table, its slots filled.
function filledIn(template, parts) {
  return template.replace(/[\uE000-\uF8FF]/g, (slot) => parts[slot.charCodeAt(0) - 0xe000]);
}

// The brackets around negative numbers that a formula does not need are dropped.
function tidy(formula) {
  return formula.replace(/(^|[(|]|, )\((-[^()\s]+)\)(?=$|[ ,)|])/g, "$1$2");
}
