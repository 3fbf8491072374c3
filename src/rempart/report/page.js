"use strict";
// Filters, sorts, pages and exports the tables of single objects. Every value is set as text, never as markup.
(() => {
  const PAGE_ROWS = 25;
  const WAIT_MS = 150;
  const language = document.documentElement.lang;
  const texts = JSON.parse(document.getElementById("page-texts").textContent);
  const numbers = new Intl.NumberFormat(language);
  const collator = new Intl.Collator(language, { numeric: true });

  const fill = (text, fields) => text.replace(/\{(\w+)\}/g, (_, name) => fields[name]);
  const element = (name, attributes = {}, text = "") => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  };

  // A column gives for each row its text, its place in the order, and whether it holds a word.
  const numberColumn = ({ at, digits }) => {
    const shown = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return {
      text: (row) => (at[row] === null ? "" : shown.format(at[row])),
      plain: (row) => (at[row] === null ? "" : String(at[row])),
      ranks: () => Float64Array.from(at, (value) => (value === null ? -1 : value)),
      finder: () => null,
    };
  };

  const ranksOf = (values, compare) => {
    const order = Uint32Array.from(values, (_, place) => place).sort((a, b) => compare(values[a], values[b]));
    const ranks = new Float64Array(values.length);
    for (let place = 0, rank = 0; place < order.length; place += 1) {
      if (place && values[order[place]] !== values[order[place - 1]]) rank = place;
      ranks[order[place]] = rank;
    }
    return ranks;
  };

  const choiceColumn = ({ values, at }) => {
    const places = Uint32Array.from(at);
    const lowered = values.map((value) => value.toLowerCase());
    return {
      values,
      places,
      text: (row) => values[places[row]],
      plain: (row) => values[places[row]],
      ranks: () => {
        const ranks = ranksOf(values, collator.compare);
        return Float64Array.from(places, (place) => ranks[place]);
      },
      finder: (word) => {
        const holds = Uint8Array.from(lowered, (value) => (value.includes(word) ? 1 : 0));
        return holds.includes(1) ? (row) => holds[places[row]] === 1 : null;
      },
    };
  };

  const pathColumn = ({ folders, folder, names }) => {
    const folderAt = Uint32Array.from(folder);
    const lowered = names.map((name) => name.toLowerCase());
    const loweredFolders = folders.map((each) => each.toLowerCase());
    const text = (row) => folders[folderAt[row]] + names[row];
    return {
      isPath: true,
      text,
      plain: text,
      ranks: () => ranksOf(names.map((_, row) => text(row)), (a, b) => (a < b ? -1 : a > b ? 1 : 0)),
      finder: (word) => {
        // A word with a slash may lie across the border of folder and name.
        if (word.includes("/")) return (row) => (loweredFolders[folderAt[row]] + lowered[row]).includes(word);
        const holds = Uint8Array.from(loweredFolders, (each) => (each.includes(word) ? 1 : 0));
        return (row) => holds[folderAt[row]] === 1 || lowered[row].includes(word);
      },
    };
  };

  const COLUMNS = { number: numberColumn, choice: choiceColumn, path: pathColumn };

  // A spreadsheet would run a cell that begins like a formula: it gets a quote, which Rempart takes away again.
  const cellOf = (text) => {
    const safe = /^['\t\r\n ]*[=+\-@]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  class ObjectTable {
    constructor(part) {
      this.part = part;
      const data = JSON.parse(part.querySelector("script").textContent);
      this.count = data.rows;
      this.headings = data.headings;
      this.columns = data.columns.map((column) => COLUMNS[column.kind](column));
      this.body = part.querySelector("tbody");
      this.status = part.querySelector("[role=status]");
      this.choices = new Map();
      this.sorted = { column: -1, isDown: false };
      this.all = Uint32Array.from({ length: this.count }, (_, row) => row);
      this.rows = this.all;
      this.page = 0;
      this.ranks = [];
      this.addTools();
      this.addSorting();
      this.addPager();
      this.show();
    }

    addTools() {
      const tools = this.part.querySelector(".tools");
      tools.hidden = false;
      this.search = tools.querySelector("input[type=search]");
      let waiting = 0;
      this.search.addEventListener("input", () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => this.filter(), WAIT_MS);
      });
      for (const select of tools.querySelectorAll("select")) {
        const column = Number(select.dataset.column);
        this.columns[column].values.forEach((value, place) => {
          select.append(element("option", { value: place }, value || texts.nothing));
        });
        select.addEventListener("change", () => {
          if (select.value === "") this.choices.delete(column);
          else this.choices.set(column, Number(select.value));
          this.filter();
        });
      }
      tools.querySelector(".clear").addEventListener("click", () => this.clear(tools));
      tools.querySelector(".export").addEventListener("click", () => this.export());
    }

    addSorting() {
      this.heads = [...this.part.querySelectorAll("thead th")];
      this.heads.forEach((head, column) => {
        const button = element("button", { type: "button", class: "sort" }, head.textContent);
        head.replaceChildren(button);
        button.addEventListener("click", () => this.sort(column));
      });
    }

    addPager() {
      const pager = this.part.querySelector(".pager");
      this.pager = pager;
      this.place = pager.querySelector(".place");
      const steps = { first: () => 0, previous: () => this.page - 1, next: () => this.page + 1, last: () => this.pages - 1 };
      this.steps = {};
      for (const [name, target] of Object.entries(steps)) {
        const button = pager.querySelector(`.${name}`);
        this.steps[name] = button;
        button.addEventListener("click", () => {
          this.page = Math.min(Math.max(target(), 0), this.pages - 1);
          this.show();
        });
      }
    }

    get pages() {
      return Math.max(1, Math.ceil(this.rows.length / PAGE_ROWS));
    }

    clear(tools) {
      this.search.value = "";
      this.choices.clear();
      for (const select of tools.querySelectorAll("select")) select.value = "";
      this.filter();
    }

    tests() {
      const tests = [];
      for (const [column, place] of this.choices) {
        const { places } = this.columns[column];
        tests.push((row) => places[row] === place);
      }
      for (const word of this.search.value.toLowerCase().split(/\s+/).filter(Boolean)) {
        const finders = this.columns.map((column) => column.finder(word)).filter(Boolean);
        tests.push((row) => finders.some((find) => find(row)));
      }
      return tests;
    }

    filter() {
      const tests = this.tests();
      const kept = tests.length ? this.all.filter((row) => tests.every((test) => test(row))) : this.all.slice();
      this.rows = this.order(kept);
      this.page = 0;
      this.show();
    }

    order(rows) {
      const { column, isDown } = this.sorted;
      if (column < 0) return rows;
      this.ranks[column] ??= this.columns[column].ranks();
      const ranks = this.ranks[column];
      const sign = isDown ? -1 : 1;
      return rows.sort((a, b) => sign * (ranks[a] - ranks[b]) || a - b);
    }

    sort(column) {
      const again = this.sorted.column === column;
      if (again && this.sorted.isDown) this.sorted = { column: -1, isDown: false };
      else this.sorted = { column, isDown: again };
      this.heads.forEach((head, place) => {
        if (place === this.sorted.column) head.setAttribute("aria-sort", this.sorted.isDown ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      this.filter();
    }

    show() {
      const first = this.page * PAGE_ROWS;
      const rows = this.rows.subarray(first, first + PAGE_ROWS);
      this.body.replaceChildren(...Array.from(rows, (row) => this.line(row)));
      const fields = { rows: numbers.format(this.rows.length), all: numbers.format(this.count) };
      fields.first = numbers.format(rows.length ? first + 1 : 0);
      fields.last = numbers.format(first + rows.length);
      this.status.textContent = fill(this.rows.length ? texts.status : texts.status_none, fields);
      this.place.textContent = fill(texts.page, { page: numbers.format(this.page + 1), pages: numbers.format(this.pages) });
      this.pager.hidden = this.count <= PAGE_ROWS;
      const atFirst = this.page === 0;
      const atLast = this.page >= this.pages - 1;
      for (const [name, button] of Object.entries(this.steps)) {
        const isOff = name === "first" || name === "previous" ? atFirst : atLast;
        button.setAttribute("aria-disabled", String(isOff)); // not `disabled`, which would take the focus away
      }
    }

    line(row) {
      const made = element("tr");
      this.columns.forEach((column, place) => {
        const cell = column.isPath ? element("th", { scope: "row" }) : element("td");
        const text = column.text(row);
        const { kind, lang } = this.heads[place].dataset;
        if (lang) cell.lang = lang;
        if (kind) cell.className = kind;
        if (!column.isPath) cell.dataset.label = this.headings[place]; // paper has no room for columns
        if (kind === "number") cell.textContent = text;
        else if (text) cell.append(element("bdi", { dir: "ltr" }, text));
        made.append(cell);
      });
      return made;
    }

    export() {
      const lines = [this.headings.map(cellOf).join(",")];
      for (const row of this.rows) {
        lines.push(this.columns.map((column) => cellOf(column.plain(row))).join(","));
      }
      // The mark at the beginning tells spreadsheets that it is UTF-8.
      const blob = new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv;charset=utf-8" });
      const link = element("a", { href: URL.createObjectURL(blob), download: `rempart-${this.part.dataset.name}.csv` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    }
  }

  for (const part of document.querySelectorAll(".objects")) new ObjectTable(part);
})();
