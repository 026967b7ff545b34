// The window onto a picture: zoom and pan that leave the page's own scrolling alone. A plain wheel
// scrolls the page; dragging pans; Ctrl and the wheel, the buttons and + - 0 zoom.

const SMALLEST = 0.62; // a picture is shrunk to fit down to this scale;
const READABLE = 0.8; // if that is not enough it has this one, and follows the step
const LOWEST = 180;
const HIGHEST = 470;

class Viewport {
  constructor(pictures, label) {
    this.pictures = pictures;
    this.element = el("div", {
      class: "viewport",
      tabindex: "0",
      role: "group",
      "aria-label": label,
      "data-lm-suppress-shortcuts": "true",
    });
    this.scale = 1;
    this.x = this.y = 0;
    this.moved = false; // by the viewer, whose choice then stands
    this.focus = null;
    this.element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.element.addEventListener("pointerdown", (event) => this.grab(event));
    this.element.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.resized()).observe(this.element);
  }

  show(pictures) {
    this.pictures = pictures;
    this.element.replaceChildren(
      ...pictures.map(({ picture, caption }) =>
        el("figure", {}, caption ? el("figcaption", {}, caption) : null, picture.element),
      ),
    );
    this.resized();
  }

  get picture() {
    return this.pictures[0].picture;
  }

  resized() {
    const width = this.picture.element.getBoundingClientRect().width;
    if (!width || (width === this.width && this.pictures.length === this.shown)) return;
    this.width = width;
    this.shown = this.pictures.length;
    if (!this.moved) this.fit();
    else this.place();
  }

  // All of it if that is readable or the viewer wants it, else readable and around what is at work.
  fit(all = false) {
    const { width, height } = this.picture;
    const whole = Math.min(this.width / width, HIGHEST / height, 1.15);
    this.scale = whole < SMALLEST && !all ? READABLE : whole;
    this.viewHeight = Math.min(HIGHEST, Math.max(LOWEST, height * this.scale));
    this.x = Math.max(0, (this.width - width * this.scale) / 2);
    this.y = Math.max(0, (this.viewHeight - height * this.scale) / 2);
    this.moved = all;
    this.place();
    if (this.focus) this.follow(this.focus);
  }

  place(smooth = false) {
    const { width, height } = this.picture;
    const least = (size, room) => Math.min(0, room - size * this.scale) - 40;
    const most = (size, room) => Math.max(0, room - size * this.scale) + 40;
    const within = (at, size, room) => Math.min(most(size, room), Math.max(least(size, room), at));
    this.x = within(this.x, width, this.width);
    this.y = within(this.y, height, this.viewHeight);
    for (const { picture } of this.pictures) {
      picture.element.style.height = `${Math.round(this.viewHeight)}px`;
      picture.scene.classList.toggle("smooth", smooth);
      picture.scene.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    }
  }

  // Bring the nodes at work into sight, if they are not: the first before the others.
  follow(nodes) {
    this.focus = nodes;
    if (!this.width || nodes.length === 0) return;
    const { width, height } = this.picture;
    const [all, first] = [this.picture.around(nodes), this.picture.around(nodes.slice(0, 1))];
    const shift = (low, high, size, at, room) => {
      if (at >= -1 && size * this.scale + at <= room + 1) return 0; // all of it is in sight
      const gap = 14;
      const fits = (all[high] - all[low]) * this.scale + 2 * gap <= room;
      const box = fits ? all : first;
      const from = box[low] * this.scale + at - gap;
      const to = box[high] * this.scale + at + gap;
      if (!fits && size === width) return room - to; // the operands are to the left
      if (from >= 0 && to <= room) return 0;
      return from < 0 ? -from : room - to;
    };
    const dx = shift("left", "right", width, this.x, this.width);
    const dy = shift("top", "bottom", height, this.y, this.viewHeight);
    if (dx || dy) {
      this.x += dx;
      this.y += dy;
      this.place(true);
    }
  }

  zoom(factor, x = this.width / 2, y = this.viewHeight / 2) {
    const scale = Math.min(4, Math.max(0.05, this.scale * factor));
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.moved = true;
    this.place();
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = this.picture.element.getBoundingClientRect();
    this.zoom(Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  }

  grab(event) {
    if (event.button !== 0) return;
    let [x, y] = [event.clientX, event.clientY];
    let dragged = false;
    const move = (now) => {
      if (!dragged && Math.hypot(now.clientX - x, now.clientY - y) < 5) return;
      if (!dragged) this.element.setPointerCapture(event.pointerId);
      dragged = true;
      this.moved = true;
      this.x += now.clientX - x;
      this.y += now.clientY - y;
      [x, y] = [now.clientX, now.clientY];
      this.place();
    };
    const drop = () => {
      this.element.removeEventListener("pointermove", move);
      this.element.removeEventListener("pointerup", drop);
      this.element.removeEventListener("pointercancel", drop);
      if (dragged) this.element.addEventListener("click", stop, { capture: true, once: true });
      setTimeout(() => this.element.removeEventListener("click", stop, { capture: true }));
    };
    const stop = (click) => click.stopPropagation();
    this.element.addEventListener("pointermove", move);
    this.element.addEventListener("pointerup", drop);
    this.element.addEventListener("pointercancel", drop);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      "+": () => this.zoom(1.25),
      "=": () => this.zoom(1.25),
      "-": () => this.zoom(0.8),
      0: () => this.fit(true),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }
}
