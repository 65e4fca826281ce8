"use strict";
// Everything that comes from the data goes into the page as text or as a number, never as markup.
(() => {
  const byId = id => document.getElementById(id);
  const theme = byId("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const nameTheme = () => { byId("theme-label").textContent = isDark() ? "Light" : "Dark"; };
  theme.hidden = false;
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    nameTheme();
  });
  dark.addEventListener("change", nameTheme);
  nameTheme();
  if (!byId("table")) return;

  // What there is to show.
  const limits = new Map();
  for (const row of document.querySelectorAll(".thresholds tbody tr")) {
    limits.set(row.dataset.dtype, { fine: Number(row.dataset.fine), watch: Number(row.dataset.watch) });
  }
  const report = JSON.parse(byId("metrics").textContent);
  const layers = report.tensors.filter(tensor => tensor.metrics).sort((a, b) => a.index - b.index)
    .map((tensor, order) => {
      const metrics = tensor.metrics;
      const type = tensor.treatment.split(" ")[0];
      // Nothing is lost where there is no ratio.
      const sqnr = metrics.sqnr_db ?? Infinity;
      const limit = limits.get(type) ?? { fine: 10, watch: 10 };
      return {
        tensor, metrics, order, type, sqnr, limit, index: tensor.index, name: tensor.name, error: metrics.max_error,
        cosine: metrics.cosine, clipped: metrics.clipped, before: tensor.bytes_in, after: tensor.bytes_out,
        quality: sqnr >= limit.fine ? "fine" : sqnr >= limit.watch ? "watch" : "suffers",
        text: `${tensor.name} ${tensor.treatment}`.toLowerCase(),
      };
    });
  const words = { fine: "fine", watch: "watch", suffers: "suffers" };
  const worst = layers.reduce((a, b) => (b.sqnr < a.sqnr ? b : a));
  const finite = layers.map(layer => layer.sqnr).filter(Number.isFinite);
  const best = Math.max(...finite, 1);

  const decibels = value => (Number.isFinite(value) ? `${value.toFixed(1)} dB` : "lossless");
  const short = value => {
    if (value === 0 || value == null) return "0";
    const size = Math.abs(value);
    return size < 1e-4 || size >= 1e6 ? value.toExponential(1) : size >= 1000 ? value.toFixed(0) : value.toPrecision(3);
  };
  const percent = value => (value === 0 ? "0" : value < 1e-4 ? "< 0.01" : (100 * value).toFixed(2));
  const bytes = value => {
    let unit = 0;
    const units = ["B", "kB", "MB", "GB", "TB"];
    while (value >= 999.5 && unit < 4) { value /= 1000; unit += 1; }
    return `${value.toFixed(unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2)} ${units[unit]}`;
  };
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const draw = (tag, attributes = {}, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const brief = (name, length) => {
    if (name.length <= length) return name;
    const end = Math.ceil((length - 1) * 0.65);
    return `${name.slice(0, length - 1 - end)}…${name.slice(-end)}`;
  };

  const state = { key: "sqnr", descending: false, query: "", selected: worst };
  let shown = layers;

  // The chart.
  const chart = byId("chart");
  const tip = make("div", { class: "tip", hidden: "" });
  let place = null;
  let marks = [];

  // Layers of one number, or of one module where there is none, go together.
  const groups = [];
  for (const layer of layers) {
    const parts = layer.name.split(/[./]/);
    const number = parts.findIndex(part => /^\d+$/.test(part));
    const key = number < 0 ? parts[0] : parts.slice(0, number + 1).join(".");
    if (groups.at(-1)?.key === key) groups.at(-1).end = layer.order + 1;
    else groups.push({ key, label: number < 0 ? parts[0] : parts[number], start: layer.order, end: layer.order + 1 });
  }

  function mark(layer, x, y, radius) {
    if (layer.quality === "fine") return draw("circle", { class: "dot", cx: x, cy: y, r: radius });
    const r = radius * 1.25;
    const path = layer.quality === "watch"
      ? `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z`
      : `M${x} ${y - r}L${x + r} ${y + r * 0.8}L${x - r} ${y + r * 0.8}Z`;
    return draw("path", { class: "dot", d: path });
  }

  function drawChart() {
    const width = chart.clientWidth;
    if (width === 0) return;
    const height = width < 560 ? 196 : 236;
    const left = 34, right = 8, top = 22, bottom = 24;
    const step = (width - left - right) / layers.length;
    let low = Math.min(...finite, best), high = best;
    const spacing = [1, 2, 5, 10, 20, 50].find(size => (high - low + 2) / size <= 5) ?? 100;
    low = Math.floor((low - spacing * 0.6) / spacing) * spacing;
    high = Math.ceil((high + spacing * 0.1) / spacing) * spacing;
    const y = value => {
      const share = (Math.min(value, high) - low) / (high - low);
      return Math.round(10 * (height - bottom - share * (height - bottom - top))) / 10;
    };
    const x = order => Math.round(10 * (left + (order + 0.5) * step)) / 10;
    place = { x, y, left, step };

    const svg = draw("svg", {
      viewBox: `0 0 ${width} ${height}`, height, role: "listbox", tabindex: 0, id: "plot",
      "aria-label": "Signal to noise of every quantized tensor; arrow keys go from one to the next",
    });
    groups.forEach((group, number) => {
      const start = left + group.start * step, span = (group.end - group.start) * step;
      if (groups.length > 1 && number % 2 === 1) {
        svg.append(draw("rect", { class: "band", x: start, y: top - 10, width: span, height: height - bottom - top + 10 }));
      }
      if (group.label.length * 6.6 <= span) {
        svg.append(draw("text", { x: start + span / 2, y: height - 8, "text-anchor": "middle" }, group.label));
      }
    });
    for (let value = low; value <= high + 1e-9; value += spacing) {
      svg.append(draw("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }));
      svg.append(draw("text", { x: left - 7, y: y(value) + 4, "text-anchor": "end" }, String(value)));
    }
    svg.append(draw("text", { x: 0, y: 9 }, "dB"));
    if (limits.size === 1) {
      const [{ fine, watch }] = limits.values();
      for (const [value, text] of [[fine, "fine from"], [watch, "suffers below"]]) {
        if (value <= low || value >= high || (value === watch && fine === watch && text === "fine from")) continue;
        svg.append(draw("line", { class: "limit", x1: left, x2: width - right, y1: y(value), y2: y(value) }));
        svg.append(draw("text", { class: "label", x: width - right, y: y(value) - 5, "text-anchor": "end" }, `${text} ${value} dB`));
      }
    }
    const radius = Math.max(1.6, Math.min(4.5, step * 0.36));
    const fragment = document.createDocumentFragment();
    marks = layers.map(layer => {
      const group = draw("g", {
        class: "layer", role: "option", id: `layer-${layer.order}`, "data-quality": layer.quality,
        "aria-label": `${layer.name}, ${decibels(layer.sqnr)}, ${words[layer.quality]}`,
      });
      const spot = [x(layer.order), y(layer.sqnr)];
      group.append(
        draw("line", { class: "stem", x1: spot[0], x2: spot[0], y1: height - bottom, y2: spot[1], "stroke-width": Math.max(1, Math.min(2, step * 0.4)) }),
        mark(layer, ...spot, radius));
      fragment.append(group);
      return group;
    });
    svg.append(fragment);
    drawLabels(svg, width, height, right, bottom);
    const hadFocus = document.activeElement?.id === "plot";
    chart.replaceChildren(svg, tip);
    follow(svg);
    markChart();
    if (hadFocus) svg.focus();
  }

  // The names of the worst, where they do not get into each other's way: below, where no mark is.
  function drawLabels(svg, width, height, right, bottom) {
    const taken = [];
    for (const layer of [...layers].sort((a, b) => a.sqnr - b.sqnr).slice(0, width < 560 ? 1 : 3)) {
      if (!Number.isFinite(layer.sqnr)) continue;
      const text = brief(layer.name, width < 560 ? 40 : 48);
      const half = text.length * 3.1;
      const x = Math.max(place.left + half, Math.min(place.x(layer.order), width - right - half));
      const y = place.y(layer.sqnr) + 19;
      if (y > height - bottom - 3) continue;
      if (taken.some(other => Math.abs(other.x - x) < other.half + half + 8 && Math.abs(other.y - y) < 15)) continue;
      taken.push({ x, y, half });
      svg.append(draw("text", { class: "label", x, y, "text-anchor": "middle" }, text));
    }
  }

  function markChart() {
    const visible = new Set(shown);
    marks.forEach((group, order) => {
      const isSelected = layers[order] === state.selected;
      group.classList.toggle("out", !visible.has(layers[order]));
      group.classList.toggle("selected", isSelected);
      group.setAttribute("aria-selected", isSelected);
    });
    byId("plot")?.setAttribute("aria-activedescendant", `layer-${state.selected.order}`);
  }

  function showTip(layer) {
    tip.hidden = !layer;
    if (!layer) return;
    tip.replaceChildren(
      make("b", {}, layer.name), `${decibels(layer.sqnr)} · ${words[layer.quality]}`, make("br"), layer.tensor.treatment);
    const x = place.x(layer.order), y = place.y(layer.sqnr);
    const start = Math.max(0, Math.min(x - tip.offsetWidth / 2, chart.clientWidth - tip.offsetWidth));
    tip.style.left = `${start}px`;
    tip.style.top = `${y - tip.offsetHeight - 12 > -60 ? y - tip.offsetHeight - 12 : y + 14}px`;
  }

  function follow(svg) {
    const nearest = event => {
      const at = (event.clientX - svg.getBoundingClientRect().left - place.left) / place.step - 0.5;
      return shown.reduce((a, b) => (!a || Math.abs(b.order - at) < Math.abs(a.order - at) ? b : a), null);
    };
    svg.addEventListener("pointermove", event => showTip(nearest(event)));
    svg.addEventListener("pointerleave", () => showTip(null));
    svg.addEventListener("click", event => { const layer = nearest(event); if (layer) select(layer); });
    svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) showTip(state.selected); });
    svg.addEventListener("blur", () => showTip(null));
    svg.addEventListener("keydown", event => {
      const visible = [...shown].sort((a, b) => a.order - b.order);
      const here = visible.indexOf(state.selected);
      const next = {
        ArrowRight: Math.min(here + 1, visible.length - 1), ArrowLeft: Math.max(here - 1, 0), Home: 0, End: visible.length - 1,
      }[event.key];
      if (event.key === "Escape") showTip(null);
      if (next === undefined || visible.length === 0) return;
      event.preventDefault();
      select(visible[next]);
      showTip(visible[next]);
    });
  }

  // The tensor that was chosen.
  function drawHistogram(histogram) {
    const box = byId("histogram");
    if (!histogram) { box.replaceChildren(); return; }
    const { before, after, low, high } = histogram;
    const width = 304, height = 132, floor = height - 18;
    const most = Math.max(...before, ...after, 1);
    const x = bin => (bin / before.length) * width;
    const y = count => floor - (count / most) * (floor - 4);
    const svg = draw("svg", {
      viewBox: `0 0 ${width} ${height}`, role: "img", id: "bins",
      "aria-label": `How a sample of the values is spread, from ${short(low)} to ${short(high)}, before and after`,
    });
    after.forEach((count, bin) => {
      if (count > 0) svg.append(draw("rect", { class: "after-bar", x: x(bin) + 0.4, width: width / after.length - 0.8, y: y(count), height: floor - y(count) }));
    });
    const steps = before.map((count, bin) => `L${x(bin)} ${y(count)}L${x(bin + 1)} ${y(count)}`).join("");
    svg.append(draw("path", { class: "before-line", d: `M0 ${floor}${steps}L${width} ${floor}` }));
    svg.append(draw("line", { class: "grid", x1: 0, x2: width, y1: floor, y2: floor }));
    svg.append(draw("text", { x: 0, y: height - 3 }, short(low)));
    svg.append(draw("text", { x: width, y: height - 3, "text-anchor": "end" }, short(high)));
    const zero = high > low ? (-low / (high - low)) * width : -1;
    if (zero > 46 && zero < width - 46) {
      svg.append(draw("line", { class: "grid", x1: zero, x2: zero, y1: floor, y2: floor + 4 }));
      svg.append(draw("text", { x: zero, y: height - 3, "text-anchor": "middle" }, "0"));
    }
    box.replaceChildren(
      make("div", { class: "key" }, make("span", { class: "b" }, make("i"), "before"), make("span", { class: "a" }, make("i"), "after")),
      svg);
  }

  function drawDetail() {
    const { tensor, metrics, quality, sqnr } = state.selected;
    // Names break after dots first.
    byId("detail-name").replaceChildren(
      ...tensor.name.split(/(?<=[./])/).flatMap(part => [part, make("wbr")]));
    byId("detail-treatment").textContent = tensor.treatment;
    const line = byId("detail-quality");
    line.dataset.quality = quality;
    line.replaceChildren(make("b", {}, decibels(sqnr)), words[quality]);
    drawHistogram(metrics.histogram);
    const figures = [
      ["Max error", short(metrics.max_error)], ["Mean squared error", short(metrics.mse)],
      ["Cosine", metrics.cosine?.toFixed(6) ?? "–"], ["Clipped", `${percent(metrics.clipped)} %`],
      ["Scales", metrics.scale_min == null ? "none" : `${short(metrics.scale_min)} … ${short(metrics.scale_max)}`],
      ["Was", `${tensor.dtype}, ${tensor.shape.join(" × ") || "scalar"}`],
      ["Elements", metrics.elements.toLocaleString("en")],
      ["Size", `${bytes(tensor.bytes_in)} → ${bytes(tensor.bytes_out)}`],
    ];
    byId("detail-figures").replaceChildren(
      ...figures.flatMap(([what, value]) => [make("dt", {}, what), make("dd", {}, value)]));
  }

  function select(layer) {
    state.selected = layer;
    drawDetail();
    markChart();
    for (const row of body.querySelectorAll("tr[data-order]")) {
      row.classList.toggle("selected", Number(row.dataset.order) === layer.order);
    }
  }

  // The table: all rows where they are few, else those in sight.
  const body = document.querySelector("#table tbody");
  const all = 300;
  let drawn = "";

  function split(name) {
    const parts = name.split(".");
    const end = parts.length > 3 ? parts.slice(-3).join(".") : name;
    return end.length < name.length && end.length <= 40 ? [name.slice(0, -end.length), end] : [name, ""];
  }

  function makeRow(layer, place) {
    const [start, end] = split(layer.name);
    const pick = make("button", { class: "pick", type: "button", title: layer.name, "aria-label": layer.name },
      make("span", { class: "start" }, start), make("span", { class: "end" }, end));
    const bar = make("i");
    bar.style.width = `${Math.max(3, Math.min(100, (100 * Math.min(layer.sqnr, best)) / best))}%`;
    const ratio = make("td", { class: "sqnr", "data-quality": layer.quality, title: words[layer.quality] },
      Number.isFinite(layer.sqnr) ? layer.sqnr.toFixed(1) : "lossless",
      make("span", { class: "sr" }, ` dB, ${words[layer.quality]}`), make("span", { class: "gauge" }, bar));
    const cell = (name, text) => make("td", { class: name }, text);
    const row = make("tr", { "data-order": layer.order, "aria-rowindex": place + 2 },
      cell("n", String(layer.index + 1)), make("td", { class: "name" }, pick), ratio, cell("error", short(layer.error)),
      cell("cosine", layer.cosine == null ? "–" : layer.cosine.toFixed(6)), cell("clipped", `${percent(layer.clipped)} %`),
      cell("before", bytes(layer.before)), cell("after", bytes(layer.after)));
    row.setAttribute("role", "row");
    for (const child of row.children) child.setAttribute("role", "cell");
    row.classList.toggle("selected", layer === state.selected);
    return row;
  }

  function space(rows, height) {
    const cell = make("td", { colspan: 8 });
    cell.style.height = `${rows * height}px`;
    return make("tr", { class: "space", "aria-hidden": "true" }, cell);
  }

  function drawRows(isForced, isPrinted) {
    const height = matchMedia("(max-width: 720px)").matches ? 58 : 34;
    let first = 0, last = shown.length;
    if (last > all && !isPrinted) {
      const above = -body.getBoundingClientRect().top;
      first = Math.min(Math.max(0, Math.floor(above / height) - 15), last - 1);
      last = Math.min(last, first + Math.ceil(innerHeight / height) + 30);
    }
    const range = `${first}-${last}-${height}`;
    if (range === drawn && !isForced) return;
    drawn = range;
    // Whoever is in a row stays there.
    const focused = document.activeElement?.closest?.("tr[data-order]")?.dataset.order;
    const rows = shown.slice(first, last).map((layer, offset) => makeRow(layer, first + offset));
    if (first > 0) rows.unshift(space(first, height));
    if (last < shown.length) rows.push(space(shown.length - last, height));
    body.replaceChildren(...rows);
    if (focused !== undefined) body.querySelector(`tr[data-order="${focused}"] .pick`)?.focus({ preventScroll: true });
  }

  function arrange() {
    const terms = state.query.toLowerCase().split(/\s+/).filter(Boolean);
    const sign = state.descending ? -1 : 1;
    const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    shown = layers.filter(layer => terms.every(term => layer.text.includes(term)))
      .sort((a, b) => sign * compare(a[state.key], b[state.key]) || a.order - b.order);
    for (const head of document.querySelectorAll("#table th")) {
      if (head.dataset.key === state.key) head.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    byId("table").setAttribute("aria-rowcount", shown.length + 1);
    byId("status").textContent = shown.length === layers.length
      ? `${layers.length} of ${report.tensors.length} tensors` : `${shown.length} of ${layers.length} match`;
    drawRows(true);
    markChart();
  }

  for (const head of document.querySelectorAll("#table th")) {
    head.firstElementChild.addEventListener("click", () => {
      const { key, first } = head.dataset;
      state.descending = state.key === key ? !state.descending : first === "descending";
      state.key = key;
      arrange();
    });
  }
  body.addEventListener("click", event => {
    const row = event.target.closest("tr[data-order]");
    if (row) select(layers[Number(row.dataset.order)]);
  });
  byId("search").addEventListener("input", event => {
    state.query = event.target.value;
    arrange();
  });
  byId("worst").addEventListener("click", () => select(worst));
  addEventListener("scroll", () => requestAnimationFrame(() => drawRows(false)), { passive: true });
  addEventListener("resize", () => drawRows(false));
  addEventListener("beforeprint", () => drawRows(true, true));
  addEventListener("afterprint", () => drawRows(true));
  new ResizeObserver(() => drawChart()).observe(chart);
  drawChart();
  drawDetail();
  arrange();
})();
