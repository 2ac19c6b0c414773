"use strict";
// The frontier of a network: a corner is chosen by the slider, the buttons, the keyboard or a chart.
(() => {
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const { corners, layers } = facts;
  const slider = document.getElementById("corner");
  const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
  const shown = (value) => number.format(value);

  const drawn = (name, attributes, text = "") => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  };

  const element = (name, className, ...content) => {
    const made = document.createElement(name);
    made.className = className;
    made.append(...content);
    return made;
  };

  // Round numbers within a range that is shown by logarithms: three at least, or the ends of it.
  const ticks = (low, high) => {
    const within = (steps) => {
      const found = [];
      for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
        found.push(...steps.map((step) => step * 10 ** power));
      }
      return found.filter((tick) => tick >= low && tick <= high);
    };
    const even = (step) => {
      const first = Math.ceil(low / step);
      return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, at) => (first + at) * step);
    };
    const steps = [5, 2, 1, 0.5, 0.2, 0.1].map((part) => part * 10 ** Math.floor(Math.log10(high)));
    const choices = [...[[1], [1, 3], [1, 2, 5]].map(within), ...steps.map(even)];
    return choices.find((found) => found.length >= 3) ?? [low, high];
  };

  // Staircases of [crossbars, value] in a figure: the first, which has dots if there are few, another
  // one, and an area between two, each of which may be empty. `choose` is called with the corner that
  // is nearest to a click.
  const staircase = (figure, value, { main, other = [], between = [[], []] }, choose) => {
    const last = facts.covered[1];
    const values = corners.map(value);
    const [left, right] = [corners[0].crossbars, Math.max(last, corners[0].crossbars + 1)];
    const all = [...values, ...[main, other, ...between].flat().map(([, v]) => v)];
    const [low, high] = [Math.min(...all), Math.max(...all) * 1.0001];
    const draw = (chosen) => {
      const width = Math.max(260, figure.clientWidth);
      const height = Math.min(300, Math.max(190, width * 0.6));
      const [x0, x1, y0, y1] = [56, width - 14, height - 28, 12];
      const x = (v) => x0 + ((x1 - x0) * Math.log(v / left)) / Math.log(right / left);
      const y = (v) => y0 + ((y1 - y0) * Math.log(v / low)) / Math.log(high / low);
      const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": figure.textContent });
      for (const tick of ticks(left, right)) {
        svg.append(drawn("line", { x1: x(tick), x2: x(tick), y1: y0, y2: y1, class: "axis" }));
        svg.append(drawn("text", { x: x(tick), y: y0 + 18, "text-anchor": "middle" }, shown(tick)));
      }
      for (const tick of ticks(low, high)) {
        svg.append(drawn("line", { x1: x0, x2: x1, y1: y(tick), y2: y(tick), class: "axis" }));
        svg.append(drawn("text", { x: x0 - 6, y: y(tick) + 4, "text-anchor": "end" }, shown(tick)));
      }
      const walk = (points, end) => points.flatMap(([crossbars, v], at) => [
        [x(crossbars), y(v)],
        [x(at + 1 < points.length ? points[at + 1][0] : end), y(v)],
      ]);
      const line = (points, className) => {
        if (points.length > 0) svg.append(drawn("polyline", { points: walk(points, right).join(" "), class: className }));
      };
      const [above, below] = between.map((points) => walk(points, facts.fastest?.proven_from ?? right));
      if (above.length > 0) svg.append(drawn("polygon", { points: [...above, ...below.reverse()].join(" "), class: "between" }));
      line(other, "curve other");
      line(main, "curve");
      if (main.length <= 60) {
        for (const [crossbars, v] of main) {
          svg.append(drawn("circle", { cx: x(crossbars), cy: y(v), r: 2.5, class: "dot" }));
        }
      }
      const [cx, cy] = [x(corners[chosen].crossbars), y(values[chosen])];
      svg.append(drawn("line", { x1: cx, x2: cx, y1: cy, y2: y0, class: "mark" }));
      svg.append(drawn("line", { x1: x0, x2: cx, y1: cy, y2: cy, class: "mark" }));
      svg.append(drawn("circle", { cx, cy, r: 6, class: "here" }));
      svg.addEventListener("click", (event) => {
        const at = ((event.clientX - svg.getBoundingClientRect().left) * width) / svg.clientWidth;
        const distance = (corner) => Math.abs(x(corner.crossbars) - at);
        choose(corners.reduce((best, corner, k) => (distance(corner) < distance(corners[best]) ? k : best), 0));
      });
      figure.querySelector("svg")?.remove();
      figure.prepend(svg);
    };
    return draw;
  };

  // One line a layer over time: the darker, the more of the cycles there it runs.
  const pipeline = (figure, corner) => {
    const width = Math.max(260, figure.clientWidth);
    const names = Math.min(150, width * 0.3);
    const row = layers.length > 30 ? 14 : 20;
    const height = layers.length * row + 24;
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": "which layer runs when" });
    const x = (cycle) => names + ((width - names - 8) * cycle) / corner.cycles;
    const last = Math.max(...corner.end);
    layers.forEach((layer, k) => {
      const runs = corner.busy[k].split(" ").map((run) => run.split("x").map(Number));
      const columns = runs.reduce((sum, [, length]) => sum + length, 0);
      const begin = (runs[0][0] === 0 ? runs[0][1] : 0) * (last / columns);
      const box = { y: k * row + 2, height: row - 4 };
      svg.append(drawn("rect", { x: x(0), width: x(last) - x(0), ...box, fill: "var(--soft)" }));
      svg.append(drawn("rect", { x: x(begin), width: Math.max(0, x(corner.end[k]) - x(begin)), ...box, fill: "var(--wait)" }));
      let at = 0;
      for (const [digit, length] of runs) {
        const [from, to] = [(at * last) / columns, ((at + length) * last) / columns];
        at += length;
        if (digit === 0) continue;
        const fill = { fill: "var(--run)", "fill-opacity": digit / 9 };
        svg.append(drawn("rect", { x: x(from), width: x(to) - x(from), ...box, ...fill }));
      }
      const most = Math.floor(names / 6.8);
      const name = layer.name.length > most ? `${layer.name.slice(0, most - 1)}…` : layer.name;
      svg.append(drawn("text", { x: names - 6, y: k * row + row - 6, "text-anchor": "end" }, name));
    });
    for (const part of [0, 0.25, 0.5, 0.75, 1]) {
      const cycle = Math.round(part * corner.cycles);
      const anchor = part === 1 ? "end" : "middle";
      svg.append(drawn("text", { x: x(cycle), y: height - 6, "text-anchor": anchor }, shown(cycle)));
    }
    figure.querySelector("svg")?.remove();
    figure.prepend(svg);
  };

  const bar = (value, most, className) => {
    const made = element("span", `bar ${className}`);
    made.style.width = `${(6 * value) / Math.max(1, most)}rem`;
    return made;
  };

  const table = (corner) => {
    const crossbars = corner.copies.map((r, k) => r * layers[k].set);
    const rows = layers.map((layer, k) => {
      const saved = corner.more[k] === null ? null : corner.cycles - corner.more[k];
      const gain = saved === null ? "has all" : saved > 0 ? shown(saved) : saved < 0 ? `adds ${shown(-saved)}` : "0";
      return element(
        "tr", "",
        element("td", "", layer.name),
        element("td", "number", shown(corner.copies[k])),
        element("td", "", element("span", "figure", shown(crossbars[k])), bar(crossbars[k], Math.max(...crossbars), "")),
        element("td", "number", shown(corner.steps[k])),
        element("td", "", element("span", "figure", shown(corner.way[k])), bar(corner.way[k], Math.max(...corner.way), "way")),
        element("td", "number", saved === null ? "" : `${shown(layer.set)} crossbar${layer.set === 1 ? "" : "s"}`),
        element("td", `number${saved > 0 ? " gain" : ""}`, gain),
      );
    });
    document.querySelector("#layers tbody").replaceChildren(...rows);
  };

  const binds = (corner) => {
    const most = Math.max(...corner.way);
    const names = layers.filter((_, k) => corner.way[k] === most).map((layer) => layer.name);
    const said = [`Most cycles of a longest way pass in ${names.join(", ")}: ${shown(most)} of ${shown(corner.cycles)}.`];
    const gains = layers.filter((_, k) => corner.more[k] !== null && corner.more[k] < corner.cycles);
    said.push(
      gains.length > 0
        ? `One more copy alone would save cycles in ${gains.map((layer) => layer.name).join(", ")}.`
        : "One more copy of a single layer saves nothing here: several must grow together.",
    );
    if (corner.binding) {
      const levels = corner.binding.map(([layer, level]) => `${layer} at ${level}`).join(", ");
      said.push(levels ? `A step is as long as it takes to move the data of ${levels}.` : "A step is as long as computation takes.");
    }
    document.getElementById("binds").textContent = said.join(" ");
  };

  // What is proven of the least latency at a corner.
  const least = (chosen) => {
    const [corner, [least, most]] = [corners[chosen], facts.fastest.bounds[chosen]];
    if (least < most) {
      return `The least latency with so many crossbars is not proven: between ${shown(least)} and ${shown(most)} us.`;
    }
    return least < corner.latency_us
      ? `Proven: the least latency with so many crossbars is ${shown(least)} us, of another allocation.`
      : "Proven: no allocation of so many crossbars has a smaller latency.";
  };

  const words = (chosen) => {
    const corner = corners[chosen];
    const time = corner.latency_us === undefined ? "" : ` of ${shown(corner.tstep_us)} us = ${shown(corner.latency_us)} us`;
    document.getElementById("headline").textContent =
      `${shown(corner.crossbars)} crossbars: ${shown(corner.cycles)} cycles${time}`;
    const next = corners[chosen + 1];
    const more = next && next.crossbars - corner.crossbars;
    document.getElementById("next").textContent = next
      ? `Proven: fewer crossbars are slower; to be faster takes ${shown(more)} more, ${shown(next.crossbars)} for ${shown(next.cycles)} cycles.`
      : `Proven: fewer crossbars are slower, and up to ${shown(facts.covered[1])} none are faster.`;
    if (facts.fastest) document.getElementById("least").textContent = least(chosen);
    slider.setAttribute("aria-valuetext", document.getElementById("headline").textContent);
  };

  const along = (value) => corners.map((corner, at) => [corner.crossbars, value(corner, at)]);
  const latencies = () => {
    const { points, proven_from: from, bounds } = facts.fastest;
    const open = (end) => along((_, at) => bounds[at][end]).filter(([crossbars]) => from === null || crossbars < from);
    return { main: points, other: along((corner) => corner.latency_us), between: [open(1), open(0)] };
  };
  const figure = (id, value, curves) =>
    staircase(document.getElementById(id), value, curves, (corner) => choose(corner));
  const figures = [figure("frontier", (corner) => corner.cycles, { main: along((corner) => corner.cycles) })];
  if (facts.fastest) figures.push(figure("latency", (corner) => corner.latency_us, latencies()));

  const show = () => {
    const chosen = Number(slider.value);
    words(chosen);
    figures.forEach((draw) => draw(chosen));
    pipeline(document.getElementById("pipeline"), corners[chosen]);
    binds(corners[chosen]);
    table(corners[chosen]);
    document.getElementById("before").disabled = chosen === 0;
    document.getElementById("after").disabled = chosen === corners.length - 1;
  };

  const choose = (corner) => {
    slider.value = Math.min(corners.length - 1, Math.max(0, corner));
    show();
  };

  slider.addEventListener("input", show);
  document.getElementById("before").addEventListener("click", () => choose(Number(slider.value) - 1));
  document.getElementById("after").addEventListener("click", () => choose(Number(slider.value) + 1));
  document.addEventListener("keydown", (event) => {
    if (event.target === slider || event.ctrlKey || event.altKey || event.metaKey) return;
    const moves = { ArrowLeft: Number(slider.value) - 1, ArrowRight: Number(slider.value) + 1, Home: 0, End: corners.length };
    if (!(event.key in moves)) return;
    event.preventDefault();
    choose(moves[event.key]);
  });
  window.addEventListener("resize", show);
  choose(Math.floor(corners.length / 2));
})();
