// Certificates of a page, and files that are dropped: each is checked, and what it proves is shown as text.
(() => {
  const section = document.currentScript.closest(".certificates");
  const list = section.querySelector("ul");
  const tally = section.querySelector(".tally");
  const button = section.querySelector(".check-all");

  const element = (name, text = "", className = "") => {
    const made = document.createElement(name);
    made.textContent = text;
    made.className = className;
    return made;
  };

  const table = (heads, rows) => {
    const made = element("table");
    const head = element("tr");
    head.append(...heads.map((text) => element("th", text)));
    made.append(head);
    for (const row of rows) {
      const line = element("tr");
      line.append(...row.map((cell, at) => element("td", String(cell), at > 0 ? "number" : "")));
      made.append(line);
    }
    const wide = element("div", "", "wide");
    wide.append(made);
    return wide;
  };

  const allocation = (found) => {
    if (found.kind === "schedule") {
      const rows = found.plan.flatMap(({ layers, copies }, segment) =>
        layers.map((layer, at) => [layer, segment + 1, copies[at]]),
      );
      return table(["layer", "segment", "R"], rows);
    }
    if (found.allocation === null) return element("p", "No allocation is given.");
    if (found.kind === "shared") {
      const rows = found.allocation.map((copies, k) => [found.networks[k], copies.join(", ")]);
      return table(["network", "R by layer"], rows);
    }
    return table(["layer", "R"], found.layers.map((layer, k) => [layer, found.allocation[k]]));
  };

  const name = (found) => (found.kind === "shared" ? found.networks.join(", ") : found.name);

  const checked = ({ proofs, links, rounds, splits, labels }) =>
    `Checked: ${proofs} proofs, ${links} links of chains, ${rounds} rounds, ${splits} splits, ${labels} labels.`;

  const show = (item, found, seconds) => {
    const details = element("details");
    details.append(
      element("summary", `The problem, which the file calls “${name(found)}”, and the allocation`),
      element("p", `It has ${xbarmipChecker.stated(found)}.`),
      allocation(found),
      element("p", `${checked(found.checked)} In ${seconds} s.`),
    );
    item.append(element("p", `Accepted: ${xbarmipChecker.sentence(found)}.`, "verdict"), details);
  };

  const check = async (item, bytes) => {
    item.querySelectorAll(".verdict, details").forEach((old) => old.remove());
    const start = performance.now();
    try {
      const found = await xbarmipChecker.check(await bytes());
      item.className = "accepted";
      show(item, found, ((performance.now() - start) / 1000).toFixed(2));
    } catch (error) {
      item.className = "refused";
      item.append(element("p", `Refused: ${error.message}.`, "verdict"));
    }
  };

  const add = (title, bytes) => {
    const item = element("li");
    item.append(element("p", title));
    list.append(item);
    return { item, bytes };
  };

  const run = async (entries) => {
    for (const [at, { item, bytes }] of entries.entries()) {
      tally.textContent = `checking ${at + 1} of ${entries.length}`;
      await new Promise((resolve) => setTimeout(resolve)); // the page shows what is done so far
      await check(item, bytes);
    }
    const count = (outcome) => entries.filter(({ item }) => item.className === outcome).length;
    tally.textContent = `${count("accepted")} accepted, ${count("refused")} refused`;
  };

  const decoded = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const files = JSON.parse(section.querySelector(".files").textContent);
  const items = list.querySelectorAll("li");
  const entries = files.map((file, at) => ({ item: items[at], bytes: async () => decoded(file.bytes) }));
  button.hidden = entries.length === 0;
  button.addEventListener("click", () => run(entries));

  const drop = document.querySelector(".drop");
  if (drop === null) return;
  const take = (chosen) => run([...chosen].map((file) => add(file.name, async () => new Uint8Array(await file.arrayBuffer()))));
  drop.querySelector("input").addEventListener("change", (event) => take(event.target.files));
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop") take(event.dataTransfer.files);
    });
  }
})();
