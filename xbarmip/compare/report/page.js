"use strict";
// A click on a heading sorts its table; what is typed above the instances filters them.
for (const table of document.querySelectorAll("table")) {
  table.querySelectorAll("th").forEach((head, column) => {
    head.addEventListener("click", () => {
      const descending = head.dataset.order === "up";
      head.dataset.order = descending ? "down" : "up";
      const key = (row) => row.cells[column].textContent;
      const rows = [...table.tBodies[0].rows].sort((a, b) => {
        const difference = parseFloat(key(a)) - parseFloat(key(b));
        return difference || key(a).localeCompare(key(b), "en", { numeric: true });
      });
      table.tBodies[0].append(...(descending ? rows.reverse() : rows));
    });
  });
}
for (const input of document.querySelectorAll("input[type=search]")) {
  const table = input.closest("section").querySelector("input ~ .wide table, p:has(input) + .wide table");
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    for (const row of table.tBodies[0].rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
    }
  });
}
