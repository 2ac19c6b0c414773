// A checker of certificates in plain JavaScript, written from docs/certificate-format.md alone by somebody who
// had not read check.py. It shares no line with it.
//
//     node checker.js [--json] FILE ...        exit status 0: all accepted, 1: one refused, 2: one not read
//
// In a page, `await xbarmipChecker.check(bytes)` gives what is proven or throws `xbarmipChecker.Refused`.
// Numbers of a file are BigInt throughout; where an output, a step or an R is a plain number it is at most
// MOST_OUTPUTS, so that sums of them are exact.
"use strict";

const xbarmipChecker = (() => {
  const MOST_BITS = 1024n;
  const MOST_DEPTH = 200; // of arrays and objects within each other
  const MOST_BYTES = 1 << 28; // of a file that is unpacked
  const MOST_LAYERS = 4096;
  const MOST_OUTPUTS = 1 << 26; // of all layers
  const MOST_CHOICES = 1 << 23; // of R, of all layers
  const MOST_EDGES = 1 << 13;
  const MOST_WAYS = 1024;
  const MOST_LEVELS = 64; // of joins and concatenations
  const MOST_LINKS = 1024; // of a segment
  const MOST_UNITS = 2048; // of a schedule
  const MOST_CELLS = 1n << 24n; // of a knapsack
  const MOST_CORES = 1 << 16; // and crossbars of each
  const MOST_OPTIONS = 1 << 20; // of R, in a case of a placement
  const LARGEST = 1n << MOST_BITS;

  class Refused extends Error {}

  const refuse = (message) => {
    throw new Refused(message);
  };

  const demand = (holds, message) => {
    if (!holds) refuse(message);
  };

  const ceil = (a, b) => Math.ceil(a / b); // exact: both are far below 2^53
  const ceilBig = (a, b) => (a + b - 1n) / b; // a >= 0, b >= 1
  const floorBig = (a, b) => (a >= 0n ? a / b : -((b - 1n - a) / b)); // b >= 1
  const sum = (numbers) => numbers.reduce((total, each) => total + each, 0n);
  const least = (numbers) => numbers.reduce((low, each) => (each < low ? each : low));
  const greatest = (numbers) => numbers.reduce((high, each) => (each > high ? each : high));
  const range = (length) => Array.from({ length }, (_, at) => at);

  // --- JSON: integers alone, of any size; no key twice

  class Json {
    constructor(text, what) {
      this.text = text;
      this.what = what;
      this.at = 0;
    }

    static read(text, what) {
      const reader = new Json(text, what);
      const value = reader.value(0);
      reader.blank();
      if (reader.at < text.length) reader.fail("something behind the value");
      return value;
    }

    fail(why) {
      refuse(`${this.what}: ${why}, at character ${this.at + 1}`);
    }

    match(pattern) {
      pattern.lastIndex = this.at;
      const found = pattern.exec(this.text);
      if (found) this.at = pattern.lastIndex;
      return found && found[0];
    }

    blank() {
      this.match(/[ \t\r\n]*/y);
    }

    takes(sign) {
      this.blank();
      if (this.text[this.at] !== sign) return false;
      this.at += 1;
      return true;
    }

    value(depth) {
      if (depth > MOST_DEPTH) this.fail(`more than ${MOST_DEPTH} levels`);
      if (this.takes("{")) return this.object(depth);
      if (this.takes("[")) return this.array(depth);
      if (this.text[this.at] === '"') return this.string();
      const word = this.match(/true|false|null/y);
      if (word) return { true: true, false: false, null: null }[word];
      const digits = this.match(/-?(?:0|[1-9][0-9]*)/y);
      if (digits === null) this.fail("no JSON value");
      if (this.match(/[.eE0-9]/y)) this.fail("a number that is no integer");
      if (digits.length > 320) this.fail(`a number of more than ${MOST_BITS} bits`);
      const number = BigInt(digits);
      if (number >= LARGEST || number <= -LARGEST) this.fail(`a number of more than ${MOST_BITS} bits`);
      return number;
    }

    string() {
      const text = this.match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
      if (text === null) this.fail("no string");
      return JSON.parse(text);
    }

    array(depth) {
      const values = [];
      if (this.takes("]")) return values;
      do values.push(this.value(depth + 1));
      while (this.takes(","));
      if (!this.takes("]")) this.fail("an array that does not end");
      return values;
    }

    object(depth) {
      const record = new Map();
      if (this.takes("}")) return record;
      do {
        this.blank();
        const key = this.string();
        if (record.has(key)) this.fail(`the key ${key} twice`);
        if (!this.takes(":")) this.fail("no colon behind a key");
        record.set(key, this.value(depth + 1));
      } while (this.takes(","));
      if (!this.takes("}")) this.fail("an object that does not end");
      return record;
    }
  }

  // --- reading: what a value must be

  const isRecord = (value) => value instanceof Map;

  const record = (value, keys, what, optional = []) => {
    demand(isRecord(value), `${what}: no object`);
    for (const key of keys) demand(value.has(key), `${what}: no ${key}`);
    const known = new Set([...keys, ...optional]);
    for (const key of value.keys()) demand(known.has(key), `${what}: unknown key ${key}`);
    return value;
  };

  const list = (value, what, length = null) => {
    demand(Array.isArray(value), `${what}: no array`);
    demand(length === null || value.length === length, `${what}: ${value.length} entries, not ${length}`);
    return value;
  };

  const big = (value, what, low = null, high = null) => {
    demand(typeof value === "bigint", `${what}: no integer`);
    demand(low === null || value >= low, `${what}: ${value} is below ${low}`);
    demand(high === null || value <= high, `${what}: ${value} is above ${high}`);
    return value;
  };

  const small = (value, what, low, high) => Number(big(value, what, BigInt(low), BigInt(high)));
  const bigs = (value, what, length = null, low = null) =>
    list(value, what, length).map((each, at) => big(each, `${what}[${at}]`, low));
  const flag = (value, what) => small(value, what, 0, 1) === 1;
  const string = (value, what) => {
    demand(typeof value === "string", `${what}: no string`);
    return value;
  };

  const rising = (values, compare, what) => {
    for (let at = 1; at < values.length; at += 1) {
      demand(compare(values[at - 1], values[at]) < 0, `${what}: entries are out of order or stand twice`);
    }
    return values;
  };

  // Numbers by size, arrays entry by entry, a shorter one first.
  const compare = (a, b) => {
    if (!Array.isArray(a)) return a < b ? -1 : a > b ? 1 : 0;
    for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
      const order = compare(a[at], b[at]);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  };

  class Lines {
    constructor(text) {
      this.texts = text.split("\n");
      if (this.texts[this.texts.length - 1] === "") this.texts.pop();
      this.number = 0;
      this.ahead = undefined;
    }

    get over() {
      return this.number >= this.texts.length;
    }

    get place() {
      return `line ${this.number}`;
    }

    peek() {
      if (this.ahead === undefined) {
        demand(!this.over, `line ${this.number + 1}: the file ends too early`);
        this.ahead = Json.read(this.texts[this.number], `line ${this.number + 1}`);
      }
      return this.ahead;
    }

    next() {
      const value = this.peek();
      this.number += 1;
      this.ahead = undefined;
      return value;
    }

    isNext(key) {
      return isRecord(this.peek()) && this.ahead.size === 1 && this.ahead.has(key);
    }

    take(key) {
      const value = this.next();
      return record(value, [key], this.place).get(key);
    }

    end() {
      demand(this.over, `line ${this.number + 1}: something behind the end`);
    }
  }

  // --- the digest

  const NAMES = new Set(["name", "measure"]);

  const withoutNames = (value) => {
    if (Array.isArray(value)) return value.map(withoutNames);
    if (!isRecord(value)) return value;
    const kept = [...value].filter(([key]) => !NAMES.has(key));
    return new Map(kept.map(([key, each]) => [key, withoutNames(each)]));
  };

  const sorted = (value) => {
    if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
    if (isRecord(value)) {
      const keys = [...value.keys()].sort();
      return `{${keys.map((key) => `${JSON.stringify(key)}:${sorted(value.get(key))}`).join(",")}}`;
    }
    return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
  };

  const root = (number, power) => {
    // The first 32 bits behind the point of a root of a small prime: the constants of SHA-256.
    let low = 0n;
    let high = 1n << 40n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** power <= BigInt(number) << (32n * power)) low = middle;
      else high = middle;
    }
    return Number(low & 0xffffffffn);
  };

  const primes = range(312).filter((n) => n > 1 && range(n).every((d) => d < 2 || n % d !== 0));
  const STATE = primes.slice(0, 8).map((prime) => root(prime, 2n));
  const ROUNDS = primes.slice(0, 64).map((prime) => root(prime, 3n));

  const sha256 = (text) => {
    const size = Math.ceil((text.length + 9) / 64) * 64;
    const bytes = new Uint8Array(size);
    for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
    bytes[text.length] = 0x80;
    const view = new DataView(bytes.buffer);
    view.setUint32(size - 8, Math.floor(text.length / 0x20000000));
    view.setUint32(size - 4, (text.length << 3) >>> 0);
    const turn = (x, n) => (x >>> n) | (x << (32 - n));
    const state = [...STATE];
    const w = new Int32Array(64);
    for (let block = 0; block < size; block += 64) {
      for (let t = 0; t < 64; t += 1) {
        if (t < 16) w[t] = view.getInt32(block + 4 * t);
        else {
          const [x, y] = [w[t - 15], w[t - 2]];
          const first = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
          w[t] = w[t - 16] + first + w[t - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
        }
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let t = 0; t < 64; t += 1) {
        const choice = (e & f) ^ (~e & g);
        const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + ROUNDS[t] + w[t]) | 0;
        const most = (a & b) ^ (a & c) ^ (b & c);
        const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + most) | 0;
        [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
      }
      [a, b, c, d, e, f, g, h].forEach((each, at) => (state[at] = (state[at] + each) | 0));
    }
    return state.map((each) => (each >>> 0).toString(16).padStart(8, "0")).join("");
  };

  const digestOf = (value) => sha256(sorted(withoutNames(value)));

  // --- need maps

  class Edge {
    constructor(value, what, layers) {
      record(value, ["producer", "consumer", "width", "rows", "columns", "growth"], what);
      this.consumer = small(value.get("consumer"), `${what}: consumer`, 0, layers.length - 1);
      this.producer = small(value.get("producer"), `${what}: producer`, 0, this.consumer - 1);
      this.width = big(value.get("width"), `${what}: width`, 1n);
      this.rows = bigs(value.get("rows"), `${what}: rows`);
      this.columns = bigs(value.get("columns"), `${what}: columns`);
      this.growth = big(value.get("growth"), `${what}: growth`, 0n);
      demand(this.rows.length > 0 && this.columns.length > 0, `${what}: a need map without rows or columns`);
      const places = this.rows.length * this.columns.length;
      demand(places === layers[this.consumer].outputs, `${what}: a need map of ${places} outputs`);
      for (let at = 1; at < this.columns.length; at += 1) {
        demand(this.columns[at] >= this.columns[at - 1], `${what}: columns fall`);
      }
      this.key = [
        BigInt(this.consumer), BigInt(this.producer), this.width, this.rows, this.columns, this.growth,
      ];
      this.before = [0n]; // what the rows before a row need
      const last = this.columns[this.columns.length - 1];
      for (const row of this.rows) this.before.push(greatest([this.before.at(-1), this.asked(row, last)]));
      this.known = new Map();
    }

    asked(row, column) {
      return row < 1n || column < 1n ? 0n : (row - 1n) * this.width + column;
    }

    // Outputs of the producer that outputs 1..x of the consumer need.
    need(x) {
      if (x < 1n) return 0n;
      const columns = BigInt(this.columns.length);
      const rows = BigInt(this.rows.length);
      const p = (x - 1n) / columns;
      const column = this.columns[Number((x - 1n) % columns)];
      if (p < rows) return greatest([this.before[Number(p)], this.asked(this.rows[Number(p)], column)]);
      const row = this.rows[this.rows.length - 1] + (p - rows + 1n) * this.growth;
      const whole = this.asked(row - this.growth, this.columns[this.columns.length - 1]);
      return greatest([this.before[this.rows.length], whole, this.asked(row, column)]);
    }

    // The same where outputs are plain numbers.
    at(x) {
      let found = this.known.get(x);
      if (found === undefined) this.known.set(x, (found = Number(this.need(BigInt(x)))));
      return found;
    }
  }

  // --- how long a step lasts

  const treeRank = (tree) => (isRecord(tree) ? (tree.has("concat") ? 1 : 2) : 0);
  const treeParts = (tree) => [...tree.values()][0];
  const compareTrees = (a, b) => {
    const order = treeRank(a) - treeRank(b);
    if (order !== 0 || treeRank(a) === 0) return order || compare(a, b);
    const [left, right] = [treeParts(a), treeParts(b)];
    for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
      const inner = compareTrees(left[at], right[at]);
      if (inner !== 0) return inner;
    }
    return left.length - right.length;
  };

  // The ways of picking one part of every join: how often each producer is picked.
  const waysOf = (tree, producers, what, above = 0, level = 1) => {
    if (!isRecord(tree)) {
      demand(producers.includes(tree), `${what}: reads what is no producer`);
      return [new Map([[tree, 1n]])];
    }
    const kind = tree.size === 1 ? treeRank(tree) : 0;
    const name = kind === 1 ? "concat" : "join";
    record(tree, [name], what);
    demand(kind !== above, `${what}: a ${name} within a ${name}`);
    const parts = list(treeParts(tree), what);
    demand(parts.length >= 2, `${what}: a ${name} of fewer than two parts`);
    for (const part of parts) demand(isRecord(part) || typeof part === "bigint", `${what}: no part`);
    demand(level <= MOST_LEVELS, `${what}: more than ${MOST_LEVELS} levels`);
    const inner = parts.map((part) => waysOf(part, producers, what, kind, level + 1));
    rising(parts, compareTrees, what);
    return kind === 2 ? largestWays(inner.flat(), what) : inner.reduce((a, b) => largestWays(bothWays(a, b), what));
  };

  const bothWays = (left, right) =>
    left.flatMap((a) =>
      right.map((b) => {
        const both = new Map(a);
        for (const [k, times] of b) both.set(k, (both.get(k) ?? 0n) + times);
        return both;
      }),
    );

  // Without the ways in which no layer is picked more often than in another one.
  const largestWays = (ways, what) => {
    const kept = [];
    const within = (a, b) => [...a].every(([k, times]) => times <= (b.get(k) ?? 0n));
    for (const way of ways) {
      if (kept.some((other) => within(way, other))) continue;
      for (let at = kept.length - 1; at >= 0; at -= 1) if (within(kept[at], way)) kept.splice(at, 1);
      kept.push(way);
      demand(kept.length <= MOST_WAYS, `${what}: more than ${MOST_WAYS} ways`);
    }
    return kept;
  };

  const weighted = (ways, weight) =>
    ways.map((way) => new Map([...way].map(([k, m]) => [Number(k), m * weight.get(Number(k))])));

  class Time {
    constructor(value, problem, version) {
      record(value, ["tick", "compute", "layers"], "time");
      this.tick = bigs(value.get("tick"), "tick", 2, 1n);
      demand(gcd(this.tick[0], this.tick[1]) === 1n, "tick: not in lowest terms");
      this.compute = big(value.get("compute"), "compute", 0n);
      this.layers = list(value.get("layers"), "layers of time", problem.layers.length).map((each, l) =>
        this.layer(each, l, problem, version),
      );
    }

    layer(value, l, problem, version) {
      const what = `time of layer ${l}`;
      record(value, ["own", "times", "producers"], what, version >= 4 ? ["reads"] : []);
      const own = bigs(value.get("own"), `${what}: own`, problem.menu[l], 0n);
      const times = bigs(value.get("times"), `${what}: times`, problem.menu[l], 0n);
      const producers = list(value.get("producers"), `${what}: producers`).map((pair) => {
        list(pair, `${what}: producers`, 2);
        big(pair[0], `${what}: producer`, 0n, BigInt(l) - 1n);
        return [pair[0], big(pair[1], `${what}: weight of a producer`, 1n)];
      });
      const numbers = producers.map(([k]) => k);
      if (version > 2) rising(numbers, compare, `${what}: producers`);
      demand(new Set(numbers).size === numbers.length, `${what}: a producer twice`);
      let ways = [new Map(numbers.map((k) => [k, 1n]))];
      if (value.has("reads")) {
        const tree = value.get("reads");
        demand(isRecord(tree), `${what}: reads has no join`);
        demand(hasJoin(tree), `${what}: reads has no join`);
        ways = waysOf(tree, numbers, `${what}: reads`);
        const named = new Set(ways.flatMap((way) => [...way.keys()]));
        demand(named.size === numbers.length, `${what}: reads does not name every producer`);
      }
      const weight = new Map(producers.map(([k, w]) => [Number(k), w]));
      return { own, times, weight, tree: value.get("reads") ?? null, ways: weighted(ways, weight) };
    }

    // Ticks of a step.
    of(allocation) {
      const longest = this.layers.map(({ own, times, ways }, l) => {
        const r = allocation[l] - 1;
        const volumes = ways.map((way) => sum([...way].map(([k, w]) => w * BigInt(allocation[k]))));
        return own[r] + times[r] * greatest([0n, ...volumes]);
      });
      return greatest([this.compute, ...longest]);
    }

    // That no layer takes more than so many ticks, as linear constraints.
    limits(most, problem) {
      return this.layers.flatMap(({ own, times, ways }, l) =>
        ways.flatMap((way) => {
          const producers = [...way].sort(([a], [b]) => a - b);
          const divisor = producers.reduce((g, [, w]) => gcd(g, w), 0n) || 1n;
          const weights = producers.map(([k, w]) => [k, w / divisor]);
          const low = sum(weights.map(([, v]) => v));
          const high = sum(weights.map(([k, v]) => v * BigInt(problem.choices[k])));
          const caps = own.slice(0, problem.choices[l]).map((each, at) => {
            if (each > most) return low - 1n;
            if (times[at] === 0n) return high;
            const cap = (most - each) / (divisor * times[at]);
            return least([high, greatest([low - 1n, cap])]);
          });
          if (caps.every((cap) => cap >= high)) return [];
          const sums = weights.map(([k, v]) => [k, range(problem.choices[k]).map((at) => v * BigInt(at + 1))]);
          return [{ limit: 0n, weights: new Map([...sums, [l, caps.map((cap) => -cap)]]) }];
        }),
      );
    }
  }

  const hasJoin = (tree) =>
    isRecord(tree) && (tree.has("join") || [...tree.values()].some((parts) => Array.isArray(parts) && parts.some(hasJoin)));

  const gcd = (a, b) => {
    while (b) [a, b] = [b, a % b];
    return a;
  };

  // --- the problem

  // A layer, and its weight for each R.
  const readWeights = (pair, what, largest) => {
    const [layer, weights] = list(pair, `${what}: weights`, 2);
    const k = small(layer, `${what}: layer`, 0, largest.length - 1);
    return [k, bigs(weights, `${what}: weights of layer ${k}`, largest[k])];
  };

  // A linear constraint, with a weight for each R of its layers up to the largest.
  const readConstraint = (value, what, largest, version) => {
    record(value, ["name", "limit", "weights"], what);
    string(value.get("name"), `${what}: name`);
    const weights = list(value.get("weights"), `${what}: weights`).map((pair) => readWeights(pair, what, largest));
    const layers = weights.map(([k]) => k);
    if (version > 2) rising(layers, compare, `${what}: layers`);
    demand(layers.length > 0, `${what}: no layers`);
    demand(new Set(layers).size === layers.length, `${what}: a layer twice`);
    return { limit: big(value.get("limit"), `${what}: limit`), weights: new Map(weights) };
  };

  const PROBLEM = ["name", "crossbars", "layers", "edges", "constraints", "time"];

  class Problem {
    constructor(value, version, goals = true) {
      const keys = version === 2 ? ["objective", "rule", "tails"] : ["measure", "view"];
      record(value, [...PROBLEM, ...keys], "problem", goals && version >= 4 ? ["goal"] : []);
      string(value.get("name"), "name of the problem");
      if (version > 2) string(value.get("measure"), "measure");
      this.crossbars = big(value.get("crossbars"), "crossbars", 1n);
      this.layers = list(value.get("layers"), "layers").map((each, k) => readLayer(each, `layer ${k}`));
      checkSize(this.layers);
      this.sets = this.layers.map((layer) => layer.set);
      this.spare = this.crossbars - sum(this.sets);
      this.menu = menuOf(this);
      this.choices = this.menu; // for which weights are given: those of the whole budget
      const choices = this.menu.reduce((total, most) => total + most, 0);
      demand(choices <= MOST_CHOICES, `layers: a choice of ${choices} R, more than ${MOST_CHOICES}`);
      this.edges = edgesOf(value).map((each, e) => new Edge(each, `edge ${e}`, this.layers));
      this.view = version === 2 ? oldView(value, this) : readView(value.get("view"), this);
      const keyed = this.edges.map((edge, e) => [...edge.key, this.view.tails[e] ?? []]);
      if (version > 2) rising(keyed, compare, "edges");
      else rising([...keyed].sort(compare), compare, "edges");
      this.checkView();
      this.constraints = list(value.get("constraints"), "constraints").map((each, c) =>
        readConstraint(each, `constraint ${c}`, this.menu, version),
      );
      const time = value.get("time");
      this.time = time === null ? null : new Time(time, this, version);
      this.goal = value.has("goal") ? readGoal(value.get("goal"), this) : null;
    }

    checkView() {
      const { stalls, capped, counted, tails } = this.view;
      const waited = new Set(this.edges.map((edge) => edge.producer));
      this.layers.forEach((layer, k) => {
        demand(layer.end || waited.has(k), `layer ${k}: ends nothing, and no other waits for it`);
      });
      demand(this.layers.some((layer, k) => layer.end && counted[k] >= 1), "counted: no end has an output that counts");
      if (capped) checkNeeds(this.edges, this.layers);
      if (!stalls) return;
      demand(capped, "view: a pipeline is capped");
      demand(tails.every((tail) => tail === null), "view: a pipeline has no tails");
      const wanted = wantedBy(this, counted);
      this.layers.forEach((layer, k) => {
        const fits = layer.end ? counted[k] >= wanted[k] : counted[k] === wanted[k];
        demand(fits, `counted[${k}]: ${counted[k]}, where consumers need ${wanted[k]}`);
      });
    }

    // The count of an allocation, with the offset.
    count(allocation) {
      const count = this.view.stalls ? cyclesOf(this, allocation) : stepsOf(this, allocation);
      return count + this.view.offset;
    }

    value(allocation) {
      return this.count(allocation) * (this.time ? this.time.of(allocation) : 1n);
    }

    used(allocation) {
      return sum(allocation.map((r, k) => BigInt(r) * this.sets[k]));
    }

    allocation(value, what) {
      const copies = list(value, what, this.layers.length).map((each, k) => {
        return small(each, `${what}: R of layer ${k}`, 1, this.menu[k]);
      });
      demand(this.used(copies) <= this.crossbars, `${what}: exceeds the budget`);
      this.constraints.forEach(({ limit, weights }, c) => {
        const total = sum([...weights].map(([k, w]) => w[copies[k] - 1]));
        demand(total <= limit, `${what}: breaks constraint ${c}`);
      });
      return copies;
    }

    // The same problem with a smaller budget or more constraints.
    with({ crossbars = this.crossbars, constraints = [] }) {
      const other = Object.assign(Object.create(Problem.prototype), this);
      other.crossbars = crossbars < this.crossbars ? crossbars : this.crossbars;
      other.spare = other.crossbars - sum(this.sets);
      other.menu = menuOf(other);
      other.constraints = [...this.constraints, ...constraints];
      return other;
    }
  }

  // That no edge asks for more outputs than its producer has.
  const checkNeeds = (edges, layers) =>
    edges.forEach((edge, e) => {
      const whole = edge.need(BigInt(layers[edge.consumer].outputs));
      demand(whole <= BigInt(layers[edge.producer].outputs), `edge ${e}: needs more than there is`);
    });

  const readLayer = (value, what) => {
    record(value, ["name", "outputs", "set", "end"], what);
    return {
      name: string(value.get("name"), `${what}: name`),
      outputs: small(value.get("outputs"), `${what}: outputs`, 1, MOST_OUTPUTS),
      set: big(value.get("set"), `${what}: set`, 1n),
      end: flag(value.get("end"), `${what}: end`),
    };
  };

  const edgesOf = (value) => {
    const edges = list(value.get("edges"), "edges");
    demand(edges.length <= MOST_EDGES, `edges: more than ${MOST_EDGES}`);
    return edges;
  };

  const checkSize = (layers) => {
    demand(layers.length >= 1 && layers.length <= MOST_LAYERS, `layers: ${layers.length}, not 1 to ${MOST_LAYERS}`);
    demand(new Set(layers.map((layer) => layer.name)).size === layers.length, "layers: a name twice");
    const outputs = layers.reduce((total, layer) => total + layer.outputs, 0);
    demand(outputs <= MOST_OUTPUTS, `layers: ${outputs} outputs, more than ${MOST_OUTPUTS}`);
  };

  const menuOf = (problem) =>
    problem.layers.map(({ outputs, set }) => {
      const more = problem.spare > 0n ? problem.spare / set : 0n;
      return Number(least([BigInt(outputs), 1n + more]));
    });

  const readView = (value, problem) => {
    record(value, ["stalls", "capped", "counted", "tails", "offset"], "view");
    const counted = list(value.get("counted"), "counted", problem.layers.length).map((each, k) => {
      return small(each, `counted[${k}]`, 0, problem.layers[k].outputs);
    });
    const tails = list(value.get("tails"), "tails", problem.edges.length).map((tail, e) => {
      if (tail === null) return null;
      const pair = bigs(tail, `tail ${e}`, 2, 0n);
      demand(pair[0] >= pair[1], `tail ${e}: rises`);
      return pair;
    });
    return {
      stalls: flag(value.get("stalls"), "stalls"),
      capped: flag(value.get("capped"), "capped"),
      counted,
      tails,
      offset: big(value.get("offset"), "offset", 0n),
    };
  };

  // What the consumers of each layer need of it for the outputs of theirs that count.
  const wantedBy = (problem, counted) => {
    const wanted = problem.layers.map(() => 0);
    for (const edge of problem.edges) {
      wanted[edge.producer] = Math.max(wanted[edge.producer], edge.at(counted[edge.consumer]));
    }
    return wanted;
  };

  // What is needed in the end, where every output of an end is.
  const countedAtEnds = (layers, edges) => {
    const counted = layers.map((layer) => (layer.end ? layer.outputs : 0));
    for (let k = layers.length - 1; k >= 0; k -= 1) {
      for (const edge of edges) {
        if (edge.consumer !== k || layers[edge.producer].end) continue;
        counted[edge.producer] = Math.max(counted[edge.producer], edge.at(counted[k]));
      }
    }
    return counted;
  };

  const OLD = { cycles: [null], latency: [null], steps: ["pipeline", "published"] };

  // The view of a problem of version 2.
  const oldView = (value, problem) => {
    const [objective, rule] = [value.get("objective"), value.get("rule")];
    const rules = OLD[objective === "latency-steps" ? "steps" : objective];
    demand(rules !== undefined && rules.includes(rule), "objective and rule: unknown");
    const timed = objective.startsWith("latency");
    demand((value.get("time") !== null) === timed, "time: not as the objective says");
    const published = rule === "published";
    if (!published) checkNeeds(problem.edges, problem.layers); // before outputs are plain numbers
    const tails = list(value.get("tails"), "tails", published ? problem.layers.length : 0);
    const outputs = tails.map((each, k) => big(each, `tail of layer ${k}`, 0n));
    const counted = published
      ? problem.layers.map((layer) => layer.outputs)
      : countedAtEnds(problem.layers, problem.edges);
    const view = { stalls: rule === null, capped: !published, counted, offset: 0n };
    view.tails = problem.edges.map((edge) => {
      if (published) return [outputs[edge.consumer], 0n];
      return view.stalls ? null : firstThatNeeds(edge, counted);
    });
    return view;
  };

  const firstThatNeeds = (edge, counted) => {
    const [whole, all] = [counted[edge.producer], counted[edge.consumer]];
    if (edge.at(all) < whole || all < 1) return null;
    let [low, high] = [0, all];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (edge.at(middle) >= whole) high = middle;
      else low = middle;
    }
    return [BigInt(all), BigInt(high)];
  };

  // --- the count of an allocation

  const cyclesOf = (problem, allocation) => {
    const ends = [];
    let last = 0;
    problem.layers.forEach((layer, k) => {
      const r = allocation[k];
      const into = problem.edges.filter((edge) => edge.consumer === k);
      const times = new Float64Array(ceil(layer.outputs, r) + 1);
      for (let step = 1; step < times.length; step += 1) {
        const made = Math.min(step * r, layer.outputs);
        let time = times[step - 1] + 1;
        for (const edge of into) {
          const waits = ends[edge.producer][ceil(edge.at(made), allocation[edge.producer])];
          if (waits > time) time = waits;
        }
        times[step] = time;
      }
      ends.push(times);
      if (layer.end) last = Math.max(last, times[ceil(problem.view.counted[k], r)]);
    });
    return BigInt(last);
  };

  const stepsOf = (problem, allocation) => {
    const { capped, tails } = problem.view;
    const counted = problem.view.counted.map(BigInt);
    const r = allocation.map(BigInt);
    const into = problem.layers.map((_, k) => problem.edges.filter((edge) => edge.consumer === k));
    const pre = [];
    const op = [];
    r.forEach((own, i) => {
      const asked = range(i).map(() => 0n);
      asked.push(own);
      for (let c = i; c >= 0; c -= 1) {
        if (asked[c] === 0n) continue;
        const made = ceilBig(asked[c], r[c]) * r[c];
        for (const edge of into[c]) {
          const need = edge.need(capped ? least([made, counted[c]]) : made);
          if (need > asked[edge.producer]) asked[edge.producer] = need;
        }
      }
      pre.push(greatest([0n, ...range(i).map((k) => (asked[k] ? ceilBig(asked[k], r[k]) - 1n + pre[k] : 0n))]));
      op.push(pre[i] + ceilBig(counted[i], own));
      problem.edges.forEach((edge, e) => {
        if (edge.consumer !== i || tails[e] === null) return;
        const behind = ceilBig(tails[e][0], own) - ceilBig(tails[e][1], own);
        op[i] = greatest([op[i], op[edge.producer] + behind]);
      });
    });
    return greatest(op.filter((_, k) => problem.layers[k].end));
  };

  // --- bounds: sums of the budget, constraints and paths

  // A path through windows. Its legs are steps of a layer; its places are where it enters a layer, for which
  // a label has a deadline (outputs) or a latest end (null).
  class Path {
    constructor(value, proof, low, high, what) {
      const { problem } = proof;
      Object.assign(this, { proof, problem, low, high, what, legs: [], places: [] });
      list(value, what, problem.view.stalls ? 2 : 3);
      this.layer = small(value[0], `${what}: end`, 0, problem.layers.length - 1);
      demand(problem.layers[this.layer].end, `${what}: begins at a layer that is no end`);
      if (problem.view.stalls) this.pipeline(value[1]);
      else this.closed(value[1], value[2]);
    }

    cross(edge) {
      const e = small(edge, `${this.what}: edge`, 0, this.problem.edges.length - 1);
      demand(this.proof.used.has(e), `${this.what}: an edge that the proof leaves out`);
      demand(this.problem.edges[e].consumer === this.layer, `${this.what}: an edge that does not lead on`);
      this.layer = this.problem.edges[e].producer;
      return e;
    }

    // The least outputs that steps up to output x make, for all R in the window.
    made(x, layer, most) {
      let fewest = null;
      for (let r = this.low[layer]; r <= this.high[layer]; r += 1) {
        const big = BigInt(r);
        const made = ceilBig(x, big) * big;
        if (fewest === null || made < fewest) fewest = made;
        if (fewest === x) break;
      }
      return most === null || fewest < most ? fewest : most;
    }

    leg(to, from) {
      this.legs.push({ layer: this.layer, to, from });
    }

    pipeline(steps) {
      const { layers, edges, view } = this.problem;
      let b = BigInt(view.counted[this.layer]);
      this.places.push({ layer: this.layer, outputs: b });
      for (const step of list(steps, this.what)) {
        list(step, this.what, 2);
        const a = big(step[0], `${this.what}: output`, 1n, b);
        this.leg(b, a);
        const made = this.made(a, this.layer, BigInt(layers[this.layer].outputs));
        b = edges[this.cross(step[1])].need(made);
        demand(b >= 1n, `${this.what}: an edge by which nothing is needed`);
        this.places.push({ layer: this.layer, outputs: b });
      }
      this.leg(b, 0n);
    }

    closed(behind, waits) {
      const { edges, view } = this.problem;
      const most = (layer) => (view.capped ? BigInt(view.counted[layer]) : null);
      this.places.push({ layer: this.layer, outputs: null });
      for (const edge of list(behind, this.what)) {
        const consumer = this.layer;
        const tail = view.tails[this.cross(edge)];
        demand(tail !== null, `${this.what}: an edge without a tail`);
        this.legs.push({ layer: consumer, to: tail[0], from: tail[1] });
        this.places.push({ layer: this.layer, outputs: null });
      }
      this.leg(BigInt(view.counted[this.layer]), 0n);
      for (const way of list(waits, this.what)) {
        let outputs = null;
        for (const edge of list(way, this.what)) {
          const layer = this.layer;
          const made = this.made(outputs ?? BigInt(this.low[layer]), layer, most(layer));
          outputs = edges[this.cross(edge)].need(made);
          demand(outputs >= 1n, `${this.what}: an edge by which nothing is needed`);
          this.places.push({ layer: this.layer, outputs });
        }
        if (outputs !== null) this.leg(outputs, 1n);
      }
    }
  }

  class Bound {
    constructor(value, proof, low, high, what) {
      record(value, ["scale", "constraints", "paths"], what);
      const { problem, target } = proof;
      Object.assign(this, { proof, low, high });
      this.scale = big(value.get("scale"), `${what}: scale`, 0n);
      this.multipliers = bigs(value.get("constraints"), `${what}: constraints`, problem.constraints.length, 0n);
      const paths = list(value.get("paths"), `${what}: paths`);
      demand(target !== null || paths.length === 0, `${what}: paths, where the value is not limited`);
      const inFull = [];
      this.paths = paths.map((pair) => {
        list(pair, `${what}: path`, 2);
        const m = big(pair[0], `${what}: multiplier`, 1n);
        const value = proof.inFull(pair[1], `${what}: path`);
        inFull.push(value);
        return { m, path: new Path(value, proof, low, high, `${what}: path`) };
      });
      proof.rising(inFull, `${what}: paths`);
      this.terms = problem.layers.map((_, k) => this.termsOf(k, problem));
      this.least = this.terms.map((terms) => least(terms));
    }

    termsOf(k, problem) {
      const rs = range(this.high[k] - this.low[k] + 1).map((at) => at + this.low[k]);
      const terms = rs.map((r) => this.scale * problem.sets[k] * BigInt(r));
      problem.constraints.forEach(({ weights }, c) => {
        const [m, w] = [this.multipliers[c], weights.get(k)];
        if (m && w) rs.forEach((r, at) => (terms[at] += m * w[r - 1]));
      });
      for (const { m, path } of this.paths) {
        for (const { layer, to, from } of path.legs) {
          if (layer !== k) continue;
          rs.forEach((r, at) => (terms[at] += m * (ceilBig(to, BigInt(r)) - ceilBig(from, BigInt(r)))));
        }
      }
      return terms;
    }

    // What the sum of all least terms is beyond the right side.
    excess() {
      const { problem, target } = this.proof;
      const limits = sum(problem.constraints.map(({ limit }, c) => this.multipliers[c] * limit));
      const paths = sum(this.paths.map(({ m }) => m)) * (target ?? 0n);
      return sum(this.least) - this.scale * problem.crossbars - limits - paths;
    }

    // Whether nothing completes a label behind which these layers are left.
    refutes(label, undecided, slack) {
      const { problem, target } = this.proof;
      let right = this.scale * (problem.crossbars - label.used);
      problem.constraints.forEach(({ limit }, c) => (right += this.multipliers[c] * (limit - label.sums[c])));
      for (const { m, path } of this.paths) {
        const place = path.places.find(({ layer }) => undecided.has(layer));
        if (place === undefined) continue;
        const early = this.proof.early(label, place, slack);
        if (early === null) return false;
        right += m * (target - early);
      }
      let left = 0n;
      for (const k of undecided) left += this.least[k];
      return left > right;
    }
  }

  // --- the proof that no allocation has at most so many cycles or steps

  // A deadline is written as how far before the target it lies, which is a plain number: e in place of
  // T - e. Without a target there are none.
  class Pipeline {
    constructor(proof) {
      this.proof = proof;
      const { target } = proof;
      this.latest = target === null ? Infinity : Number(least([target, 1n << 50n]));
    }

    first() {
      const dues = new Map();
      const { layers, view } = this.proof.problem;
      layers.forEach((layer, k) => {
        if (layer.end && view.counted[k] > 0) dues.set(k, [[view.counted[k], 0]]);
      });
      return { dues: this.proof.target === null ? new Map() : dues };
    }

    // The deadlines once layer k has r copies; null if one cannot be met. Pairs [outputs, e] rise.
    decide(label, k, r, most) {
      const dues = new Map(label.dues);
      dues.delete(k);
      const pairs = label.dues.get(k);
      if (pairs === undefined) return { dues };
      const outputs = this.proof.problem.layers[k].outputs;
      const handed = this.proof.into[k].map((edge) => ({ edge, pairs: [], last: -1 }));
      let at = pairs.length - 1;
      let early = -Infinity;
      for (let step = ceil(pairs[at][0], r); step >= 1; step -= 1) {
        early += 1;
        while (at >= 0 && ceil(pairs[at][0], r) === step) early = Math.max(early, pairs[at--][1]);
        if (early + step > this.latest) return null;
        const made = Math.min(step * r, outputs);
        for (const each of handed) {
          const need = each.edge.at(made);
          if (need === 0) continue;
          if (each.last === need) each.pairs.at(-1)[1] = early;
          else each.pairs.push([(each.last = need), early]);
        }
      }
      for (const { edge, pairs: falling } of handed) {
        const producer = edge.producer;
        const all = mergeFalling(falling, dues.get(producer) ?? []);
        const kept = withoutImplied(all, most(producer));
        if (kept.length > 0) dues.set(producer, kept);
      }
      return { dues };
    }

    // How far before the target output x of the layer is due at the latest; null if it is not.
    early(label, layer, x, most) {
      return earliest(label.dues.get(layer) ?? [], Number(x), most);
    }

    dominates(kept, label, most) {
      for (const [layer, pairs] of kept.dues) {
        const others = label.dues.get(layer);
        if (others === undefined) return false;
        const r = most(layer);
        for (const [x, e] of pairs) {
          const early = earliest(others, x, r);
          if (early === null || early < e) return false;
        }
      }
      return true;
    }
  }

  const mergeFalling = (falling, risingPairs) => {
    const merged = [...falling, ...risingPairs];
    merged.sort((a, b) => b[0] - a[0] || b[1] - a[1]);
    return merged;
  };

  const earliest = (pairs, x, r) => {
    const next = pairs.find((pair) => pair[0] >= x);
    return next === undefined ? null : next[1] + Math.floor((next[0] - x) / r);
  };

  // The pairs that no later one implies, rising; they are given falling.
  const withoutImplied = (pairs, r) => {
    const kept = [];
    for (const [x, e] of pairs) {
      let implied = false;
      for (let at = kept.length - 1; at >= 0 && !implied; at -= 1) {
        implied = kept[at][1] + Math.floor((kept[at][0] - x) / r) >= e;
      }
      if (!implied) kept.push([x, e]);
    }
    return kept.reverse();
  };

  // The same for the closed form, in BigInt since outputs may grow beyond all maps.
  class ClosedForm {
    constructor(proof) {
      this.proof = proof;
    }

    first() {
      const ends = new Map();
      if (this.proof.target !== null) {
        this.proof.problem.layers.forEach((layer, k) => {
          if (layer.end) ends.set(k, 0n);
        });
      }
      return { dues: new Map(), ends };
    }

    decide(label, k, r) {
      const { problem, target } = this.proof;
      const dues = new Map(label.dues);
      const ends = new Map(label.ends);
      const [pairs, end] = [dues.get(k) ?? [], ends.get(k)];
      dues.delete(k);
      ends.delete(k);
      if (pairs.length === 0 && end === undefined) return { dues, ends };
      const copies = BigInt(r);
      const counted = BigInt(problem.view.counted[k]);
      const steps = pairs.map(([x]) => ceilBig(x, copies));
      const starts = pairs.map(([, e], at) => e + steps[at] - 1n);
      if (end !== undefined) starts.push(end + ceilBig(counted, copies));
      const start = greatest(starts);
      if (start > target) return null;
      const cut = (made) => (problem.view.capped ? least([made, counted]) : made);
      for (const edge of this.proof.into[k]) {
        const given = dues.get(edge.producer) ?? [];
        const more = [[edge.need(cut(copies)), start]];
        pairs.forEach(([, e], at) => more.push([edge.need(cut(steps[at] * copies)), e]));
        const kept = staircase([...given, ...more.filter(([x]) => x > 0n)]);
        if (kept.length > 0) dues.set(edge.producer, kept);
        const tail = problem.view.tails[edge.number];
        if (end === undefined || tail === null) continue;
        const early = end + ceilBig(tail[0], copies) - ceilBig(tail[1], copies);
        const before = ends.get(edge.producer);
        ends.set(edge.producer, before === undefined || early > before ? early : before);
      }
      return { dues, ends };
    }

    early(label, layer, x) {
      if (x === null) return label.ends.get(layer) ?? null;
      const later = (label.dues.get(layer) ?? []).filter(([y]) => y >= x);
      return later.length === 0 ? null : greatest(later.map(([, e]) => e));
    }

    dominates(kept, label) {
      for (const [layer, pairs] of kept.dues) {
        for (const [x, e] of pairs) {
          const early = this.early(label, layer, x);
          if (early === null || early < e) return false;
        }
      }
      for (const [layer, e] of kept.ends) {
        const end = label.ends.get(layer);
        if (end === undefined || end < e) return false;
      }
      return true;
    }
  }

  const staircase = (pairs) => {
    const kept = [];
    pairs.sort((a, b) => compare(b, a));
    for (const [x, e] of pairs) if (kept.length === 0 || e > kept.at(-1)[1]) kept.push([x, e]);
    return kept.reverse();
  };

  // How the proofs of a file are written: whether what a bound or a stage lists is in order, and whether paths
  // may be numbers and lines of labels say what is kept.
  const formOf = (version) => ({ ordered: version > 2, brief: version > 4 });
  const formOfLinks = (version) => ({ ordered: false, brief: version > 2 }); // of schedules

  const KEPT = -1; // in the line of a label

  class Proof {
    // Reads the proof that no allocation has a count, with the offset, of at most the target, which is
    // null where none is allowed at all.
    static read(problem, target, lines, form, tally) {
      new Proof(problem, target, lines, form, tally).run();
    }

    constructor(problem, target, lines, form, tally) {
      Object.assign(this, { problem, lines, form, tally });
      this.paths = []; // those of its bounds, by number
      tally.proofs += 1;
      this.target = target === null ? null : target - problem.view.offset;
      const head = record(lines.take("proof"), ["edges", "order"], lines.place);
      const edges = list(head.get("edges"), `${lines.place}: edges`).map((each) => {
        return small(each, `${lines.place}: edge`, 0, problem.edges.length - 1);
      });
      this.used = new Set(rising(edges, compare, `${lines.place}: edges`));
      const count = problem.layers.length;
      this.order = list(head.get("order"), `${lines.place}: order`, count).map((each) => {
        return small(each, `${lines.place}: layer`, 0, count - 1);
      });
      demand(new Set(this.order).size === count, `${lines.place}: order: a layer twice`);
      const turn = new Map(this.order.map((k, at) => [k, at]));
      this.into = problem.layers.map(() => []);
      for (const e of edges) {
        const edge = problem.edges[e];
        demand(turn.get(edge.consumer) < turn.get(edge.producer), `${lines.place}: order: a producer before its consumer`);
        edge.number = e;
        this.into[edge.consumer].push(edge);
      }
      this.rules = problem.view.stalls ? new Pipeline(this) : new ClosedForm(this);
    }

    rising(values, what) {
      rising(this.form.ordered ? values : [...values].sort(compare), compare, what);
    }

    // A path that a bound gives, in full.
    inFull(value, what) {
      if (!this.form.brief) return value;
      if (typeof value === "bigint") return this.paths[small(value, `${what}: number`, 0, this.paths.length - 1)];
      this.paths.push(value);
      return value;
    }

    run() {
      const open = [[this.problem.menu.map(() => 1), [...this.problem.menu]]];
      while (open.length > 0) {
        const windows = this.rounds(...open.pop());
        if (windows === null) continue;
        if (this.lines.isNext("split")) open.push(...this.split(...windows));
        else this.sweep(...windows);
      }
    }

    rounds(low, high) {
      while (this.lines.isNext("round")) {
        const value = record(this.lines.take("round"), ["bound", "low", "high"], this.lines.place);
        this.tally.rounds += 1;
        const place = this.lines.place;
        const bound = new Bound(value.get("bound"), this, low, high, place);
        const [newLow, newHigh] = ["low", "high"].map((key) =>
          list(value.get(key), `${place}: ${key}`, low.length).map((each, k) => {
            return small(each, `${place}: ${key} of layer ${k}`, key === "low" ? 1 : 0, this.problem.menu[k]);
          }),
        );
        newLow.forEach((each, k) => (newLow[k] = Math.max(each, low[k]))); // what was dropped stays dropped
        newHigh.forEach((each, k) => (newHigh[k] = Math.min(each, high[k])));
        this.checkRound(bound, [low, high], [newLow, newHigh]);
        if (newLow.some((each, k) => each > newHigh[k])) return null;
        [low, high] = [newLow, newHigh];
      }
      return [low, high];
    }

    checkRound(bound, [low, high], [newLow, newHigh]) {
      const { crossbars, sets } = this.problem;
      const excess = bound.excess();
      const spare = crossbars - sum(low.map((each, k) => BigInt(each) * sets[k]));
      const drops = low.some((first, k) => newLow[k] > first || newHigh[k] < high[k]);
      demand(drops, `${this.lines.place}: a round that drops no R`);
      low.forEach((first, k) => {
        const { terms } = bound;
        for (let r = first; r <= high[k]; r += 1) {
          if (newLow[k] <= r && r <= newHigh[k]) continue;
          const over = BigInt(r - first) * sets[k] > spare;
          const refuted = excess + terms[k][r - first] - bound.least[k] > 0n;
          demand(over || refuted, `${this.lines.place}: R = ${r} of layer ${k} is not refuted`);
        }
      });
    }

    split(low, high) {
      const pair = list(this.lines.take("split"), this.lines.place, 2);
      this.tally.splits += 1;
      const k = small(pair[0], `${this.lines.place}: layer`, 0, low.length - 1);
      const r = small(pair[1], `${this.lines.place}: R`, low[k], high[k] - 1);
      const upper = [...low];
      upper[k] = r + 1;
      const lower = [...high];
      lower[k] = r;
      return [[upper, high], [low, lower]]; // the lower half is read first
    }

    sweep(low, high) {
      Object.assign(this, { low, high, bounds: [] });
      const { problem, lines } = this;
      let labels = [{ used: 0n, sums: problem.constraints.map(() => 0n), ...this.rules.first() }];
      const undecided = new Set(this.order);
      for (const k of this.order) {
        undecided.delete(k);
        while (lines.isNext("bound")) {
          this.bounds.push(new Bound(lines.take("bound"), this, low, high, lines.place));
        }
        labels = this.stage(k, labels, undecided);
        if (labels.length === 0) return;
      }
      refuse(`${lines.place}: labels are left behind the last layer`);
    }

    stage(k, labels, undecided) {
      const { bounds, keep, rows, place } = this.readStage(k, labels.length);
      const left = this.reserves(undecided);
      const kept = keep.map(([label, r]) => {
        const next = this.successor(labels[label - 1], k, r, left);
        demand(next !== null, `${place}: keeps label ${label} with R = ${r}, which cannot be`);
        return next;
      });
      this.tally.labels += kept.length;
      const chosen = new Set(keep.map(([label, r]) => label * 2 ** 27 + r));
      rows.forEach(({ first, numbers, place: line }, at) => {
        for (let r = this.low[k]; r <= this.high[k]; r += 1) {
          const n = numbers[r - first] ?? 0;
          const next = chosen.has((at + 1) * 2 ** 27 + r) ? null : this.successor(labels[at], k, r, left);
          if (next === null || bounds.some((bound) => bound.refutes(next, undecided, left))) {
            demand(n === 0 || n === KEPT, `${line}: R = ${r} has a number and needs none`);
            continue;
          }
          demand(n > 0, `${line}: R = ${r} is neither refuted nor dominated nor kept`);
          demand(n <= kept.length, `${line}: number: ${n} is above ${kept.length}`);
          demand(this.dominates(kept[n - 1], next, left), `${line}: R = ${r} is not dominated by label ${n}`);
        }
      });
      return kept;
    }

    // Of a stage with so many labels its bounds, the [label, R] that it keeps, and a row of numbers for each label.
    readStage(k, count) {
      const stage = this.lines.take("stage");
      const { place } = this.lines;
      if (this.form.brief) {
        const bounds = this.readBounds(stage, place);
        const rows = this.readRows(k, count, KEPT);
        return { bounds, keep: rows.flatMap(keptOf), rows, place };
      }
      record(stage, ["bounds", "keep"], place);
      const bounds = this.readBounds(stage.get("bounds"), place);
      const keep = this.readKeep(stage.get("keep"), k, count, place);
      return { bounds, keep, rows: this.readRows(k, count, 0), place };
    }

    readBounds(value, place) {
      const numbers = list(value, `${place}: bounds`).map((each) => small(each, `${place}: bound`, 0, this.bounds.length - 1));
      return rising(numbers, compare, `${place}: bounds`).map((b) => this.bounds[b]);
    }

    readKeep(value, k, count, place) {
      const keep = list(value, `${place}: keep`).map((pair) => {
        list(pair, `${place}: keep`, 2);
        return [small(pair[0], `${place}: label`, 1, count), small(pair[1], `${place}: R`, this.low[k], this.high[k])];
      });
      this.rising(keep, `${place}: keep`);
      return keep;
    }

    // The lines of so many labels: numbers for the first R and those behind it.
    readRows(k, count, lowest) {
      const successors = count * (this.high[k] - this.low[k] + 1);
      return range(count).map(() => {
        const line = this.lines.next();
        const { place } = this.lines;
        list(line, place);
        const first = line.length === 0 ? 1 : small(line[0], `${place}: R`, this.low[k], this.high[k]);
        demand(line.length !== 1, `${place}: an R without a number`);
        demand(first + line.length - 2 <= this.high[k], `${place}: numbers beyond the window`);
        const numbers = line.slice(1).map((each) => small(each, `${place}: number`, lowest, successors));
        return { first, numbers, place };
      });
    }

    // What the undecided layers take at least, and of each constraint at least and at most.
    reserves(undecided) {
      const { sets, constraints } = this.problem;
      const all = [...undecided];
      const crossbars = sum(all.map((k) => BigInt(this.low[k]) * sets[k]));
      const ends = constraints.map(({ weights }) => {
        const lists = all.filter((k) => weights.has(k)).map((k) => weights.get(k).slice(this.low[k] - 1, this.high[k]));
        return [sum(lists.map(least)), sum(lists.map(greatest))];
      });
      return { crossbars, ends };
    }

    // The largest R of an undecided layer that the window and what is left of the budget allow.
    most(label, left) {
      const slack = this.problem.crossbars - label.used - left.crossbars;
      return (k) => {
        const more = slack / this.problem.sets[k];
        return more >= BigInt(this.high[k] - this.low[k]) ? this.high[k] : this.low[k] + Number(more);
      };
    }

    // The label once layer k has r copies; null if too little is left or a deadline cannot be met.
    successor(label, k, r, left) {
      const { crossbars, sets, constraints } = this.problem;
      const used = label.used + BigInt(r) * sets[k];
      if (used + left.crossbars > crossbars) return null;
      const sums = label.sums.map((each, c) => {
        const weights = constraints[c].weights.get(k);
        return weights === undefined ? each : each + weights[r - 1];
      });
      if (sums.some((each, c) => each + left.ends[c][0] > constraints[c].limit)) return null;
      const state = this.rules.decide(label, k, r, this.most({ used }, left));
      return state === null ? null : { used, sums, ...state };
    }

    early(label, { layer, outputs }, left) {
      const most = this.problem.view.stalls ? this.most(label, left)(layer) : 0;
      const early = this.rules.early(label, layer, outputs, most);
      return early === null ? null : BigInt(early);
    }

    dominates(kept, label, left) {
      if (kept.used > label.used) return false;
      const worse = kept.sums.some((each, c) => {
        return each > label.sums[c] && each + left.ends[c][1] > this.problem.constraints[c].limit;
      });
      return !worse && this.rules.dominates(kept, label, this.most(label, left));
    }
  }

  // The [label, R] that a row says are kept.
  const keptOf = ({ first, numbers }, at) =>
    numbers.flatMap((n, more) => (n === KEPT ? [[at + 1, first + more]] : []));

  // A proof, or where the value is a time a chain of them.
  const readRefutation = (problem, target, lines, form, tally) => {
    if (problem.time === null || target === null) {
      Proof.read(problem, target, lines, form, tally);
      return;
    }
    let most = target;
    let before = 0n;
    while (most >= problem.time.compute) {
      const link = record(lines.take("link"), ["refuted"], lines.place).get("refuted");
      tally.links += 1;
      const limited = problem.with({ constraints: problem.time.limits(most, problem) });
      if (link !== null) demand(big(link, `${lines.place}: refuted`, 1n) > before, `${lines.place}: refuted does not rise`);
      Proof.read(limited, link, lines, form, tally);
      if (link === null) return;
      before = link;
      most = floorBig(target, link + 1n);
    }
  };

  // --- goals

  const readGoal = (value, problem) => {
    record(value, ["at_most", "least"], "goal");
    const most = value.get("at_most");
    const measures = list(value.get("least"), "least").map((each, i) => {
      if (each === "value" || each === "crossbars") return { kind: each };
      demand(isRecord(each) && each.size === 1, `least[${i}]: no measure`);
      const kind = [...each.keys()][0];
      demand(kind === "sum" || kind === "greatest", `least[${i}]: no measure`);
      const pairs = list(each.get(kind), `least[${i}]`).map((pair) => readWeights(pair, `least[${i}]`, problem.menu));
      rising(pairs.map(([k]) => k), compare, `least[${i}]: layers`);
      demand(pairs.length > 0, `least[${i}]: no layers`);
      return { kind, pairs };
    });
    demand(measures.length > 0, "least: nothing");
    return { most: most === null ? null : big(most, "at_most", 0n), measures };
  };

  const measured = ({ kind, pairs }, problem, copies, value) => {
    if (kind === "value") return value;
    if (kind === "crossbars") return problem.used(copies);
    const weights = pairs.map(([k, w]) => w[copies[k] - 1]);
    return kind === "sum" ? sum(weights) : greatest(weights);
  };

  // The problem, and the target, in which some measures have these values at most.
  const bounded = (problem, limits) => {
    let target = problem.goal.most;
    let crossbars = problem.crossbars;
    const constraints = [];
    limits.forEach((limit, i) => {
      const { kind, pairs } = problem.goal.measures[i];
      if (kind === "value") target = target === null || limit < target ? limit : target;
      else if (kind === "crossbars") crossbars = least([crossbars, limit]);
      else if (kind === "sum") constraints.push({ limit, weights: new Map(pairs) });
      else {
        for (const [k, weights] of pairs) {
          if (weights.every((each) => each <= limit)) continue;
          const over = weights.map((each) => (each > limit ? 1n : 0n));
          constraints.push({ limit: 0n, weights: new Map([[k, over]]) });
        }
      }
    });
    return [problem.with({ crossbars, constraints }), target];
  };

  const checkGoal = (problem, claim, lines, form, tally) => {
    const { measures, most } = problem.goal;
    const bounds = bigs(claim.get("bound"), "bound");
    demand(bounds.length <= measures.length, "bound: more than there are measures");
    const given = claim.get("allocation");
    let values = null;
    if (given === null) {
      demand(claim.get("value") === null, "value: without an allocation");
      demand(bounds.length <= 1, "bound: more than one without an allocation");
    } else {
      const copies = problem.allocation(given, "allocation");
      const value = problem.value(copies);
      demand(most === null || value <= most, `allocation: its value ${value} is above at_most`);
      values = measures.map((measure) => measured(measure, problem, copies, value));
      const claimed = bigs(claim.get("value"), "value", measures.length);
      values.forEach((each, i) => demand(claimed[i] === each, `value[${i}]: ${claimed[i]}, where it is ${each}`));
      demand(bounds.length > 0, "bound: none, with an allocation");
      bounds.forEach((bound, i) => {
        const last = i === bounds.length - 1;
        demand(last ? bound <= values[i] : bound === values[i], `bound[${i}]: ${bound}, where the value is ${values[i]}`);
      });
    }
    for (let i = 0; i < Math.max(1, bounds.length); i += 1) {
      const limits = bounds.length === 0 ? [] : [...(values ?? []).slice(0, i), bounds[i] - 1n];
      const [limited, target] = bounded(problem, limits);
      demand(big(lines.take("goal"), `${lines.place}: goal`) === BigInt(i), `${lines.place}: not goal ${i}`);
      if (limited.spare >= 0n) readRefutation(limited, target, lines, form, tally);
    }
    return { value: values, bound: bounds, allocation: given, order: measures.map(({ kind }) => kind) };
  };

  // --- one problem

  const readClaim = (lines) => record(lines.take("claim"), ["value", "bound", "allocation"], "claim");

  const checkProblem = (value, lines, version, tally) => {
    const problem = new Problem(value, version);
    const claim = readClaim(lines);
    const form = formOf(version);
    const found = problem.goal
      ? checkGoal(problem, claim, lines, form, tally)
      : checkPlain(problem, claim, lines, form, tally);
    return {
      kind: "problem",
      name: value.get("name"),
      measure: value.get("measure") ?? [value.get("objective"), value.get("rule")].filter(Boolean).join("/"),
      layers: problem.layers.map((layer) => layer.name),
      crossbars: problem.crossbars,
      tick: problem.time && problem.time.tick,
      stalls: problem.view.stalls,
      ...found,
    };
  };

  const checkPlain = (problem, claim, lines, form, tally) => {
    const [value, bound, given] = ["value", "bound", "allocation"].map((key) => claim.get(key));
    if (given === null) demand(value === null, "value: without an allocation");
    else {
      const found = problem.value(problem.allocation(given, "allocation"));
      demand(big(value, "value") === found, `value: ${value}, where the allocation takes ${found}`);
      demand(bound !== null, "bound: none, with an allocation");
      demand(big(bound, "bound") <= found, `bound: ${bound} is above the value ${found}`);
    }
    if (bound !== null) big(bound, "bound", 1n);
    // Where one copy of every layer is too much, nothing is to be proven; a bound of a time has its chain.
    if (problem.spare >= 0n || (problem.time !== null && bound !== null)) {
      readRefutation(problem, bound === null ? null : bound - 1n, lines, form, tally);
    }
    return { value, bound, allocation: given };
  };

  // --- several networks on one chip

  const checkShared = (value, lines, version, tally) => {
    demand(version >= 4, "line 2: no problem");
    record(value, ["share", "crossbars", "numbers", "problems"], "shared");
    const share = value.get("share");
    demand(["slowest", "sum", "deadlines"].includes(share), "share: unknown");
    const crossbars = big(value.get("crossbars"), "crossbars", 1n);
    const problems = list(value.get("problems"), "problems").map((each) => new Problem(each, version, false));
    demand(problems.length > 0, "problems: none");
    problems.forEach((problem, k) => {
      demand(problem.time === null, `problem ${k}: has a time`);
      demand(problem.crossbars === crossbars, `problem ${k}: other crossbars than the chip`);
    });
    const numbers = bigs(value.get("numbers"), "numbers", problems.length, 1n);
    const claim = readClaim(lines);
    const proven = readRefuted(problems, crossbars, lines, formOf(version), tally);
    const bound = bestSplit({ share, numbers, crossbars, proven });
    const claimed = sharedClaim(claim, { share, numbers, crossbars, problems });
    if (claimed.bound === null) demand(bound === null, `bound: none, where a split may cost ${bound}`);
    else demand(bound === null || claimed.bound <= bound, `bound: ${claimed.bound}, where a split may cost ${bound}`);
    return { kind: "shared", share, crossbars, networks: value.get("problems").map((each) => each.get("name")), ...claimed };
  };

  const sharedClaim = (claim, { share, numbers, crossbars, problems }) => {
    const [value, bound, given] = ["value", "bound", "allocation"].map((key) => claim.get(key));
    if (bound !== null) big(bound, "bound", 1n);
    if (given === null) demand(value === null, "value: without an allocation");
    else {
      const all = list(given, "allocation", problems.length).map((each, k) =>
        problems[k].allocation(each, `allocation of problem ${k}`),
      );
      const used = sum(all.map((copies, k) => problems[k].used(copies)));
      demand(used <= crossbars, "allocation: exceeds the chip");
      const counts = all.map((copies, k) => problems[k].count(copies));
      if (share === "deadlines") counts.forEach((count, k) => demand(count <= numbers[k], `problem ${k}: misses its deadline`));
      const costs = counts.map((count, k) => count * numbers[k]);
      const found = { deadlines: used, slowest: greatest(costs), sum: sum(costs) }[share];
      demand(big(value, "value") === found, `value: ${value}, where the allocation has ${found}`);
      demand(bound !== null && bound <= found, `bound: ${bound}, where the value is ${found}`);
    }
    return { value, bound, allocation: given };
  };

  // For each network the refuted [crossbars, count].
  const readRefuted = (problems, crossbars, lines, form, tally) => {
    const proven = problems.map(() => []);
    const seen = [];
    while (!lines.over) {
      const value = list(lines.take("refuted"), lines.place, 3);
      const k = small(value[0], `${lines.place}: problem`, 0, problems.length - 1);
      const most = big(value[1], `${lines.place}: crossbars`, sum(problems[k].sets), crossbars);
      const count = value[2] === null ? null : big(value[2], `${lines.place}: count`, 0n);
      seen.push([BigInt(k), most]);
      rising(seen.slice(-2), compare, `${lines.place}: refuted`);
      Proof.read(problems[k].with({ crossbars: most }), count, lines, form, tally);
      proven[k].push([most, count]);
    }
    return proven.map((pairs, k) => [sum(problems[k].sets), pairs]);
  };

  // The least cost of a split by the counts that are not refuted; null if there is none.
  const bestSplit = ({ share, numbers, crossbars, proven }) => {
    let partial = [[0n, 0n]]; // crossbars, cost
    proven.forEach(([one, pairs], k) => {
      const options = [];
      let from = one;
      for (const [most, count] of [...pairs, [crossbars, 0n]]) {
        if (count !== null && from <= crossbars) options.push([from, count + 1n]);
        if (most + 1n > from) from = most + 1n;
      }
      const next = [];
      for (const [used, cost] of partial) {
        for (const [more, count] of options) {
          const both = used + more;
          if (both > crossbars || (share === "deadlines" && count > numbers[k])) continue;
          const own = numbers[k] * count;
          next.push([both, { slowest: greatest([cost, own]), sum: cost + own, deadlines: both }[share]]);
        }
      }
      next.sort(compare);
      partial = [];
      for (const each of next) if (partial.length === 0 || each[1] < partial.at(-1)[1]) partial.push(each);
    });
    return partial.length === 0 ? null : least(partial.map(([, cost]) => cost));
  };

  // --- networks in segments, one after another

  const COUNTED = { cycles: "cycles", steps: "steps", latency: "cycles", "latency-steps": "steps" };
  const SCHEDULE = [
    "name", "objective", "crossbars", "write", "batch", "divide", "layers", "edges", "published", "off_chip", "time",
  ];

  const readSchedule = (value) => {
    record(value, SCHEDULE, "schedule");
    string(value.get("name"), "name of the schedule");
    const objective = string(value.get("objective"), "objective");
    demand(Object.hasOwn(COUNTED, objective), "objective: unknown");
    const crossbars = big(value.get("crossbars"), "crossbars", 1n);
    const divide = flag(value.get("divide"), "divide");
    const layers = list(value.get("layers"), "layers").map((each, k) => readBlocks(each, `layer ${k}`));
    checkSize(layers);
    const edges = networkEdges(value, layers);
    checkNeeds(edges, layers);
    const waited = new Set(edges.map((edge) => edge.producer));
    layers.forEach((layer, k) => demand(layer.end || waited.has(k), `layer ${k}: ends nothing, and no other waits for it`));
    const published = readPublished(value.get("published"), layers, COUNTED[objective]);
    const values = readOffChip(value.get("off_chip"), layers);
    const units = layers.flatMap(({ blocks, each }, k) => {
      const whole = BigInt(blocks) * each;
      const kept = values === null ? range(blocks).map(() => 0n) : values.blocks[k];
      if (!divide && whole <= crossbars) return [{ k, set: whole, values: sum(kept) }];
      return kept.map((few) => ({ k, set: each, values: few }));
    });
    demand(units.length <= MOST_UNITS, `layers: ${units.length} column blocks, more than ${MOST_UNITS}`);
    units.forEach(({ k, set }) => demand(set <= crossbars, `layer ${k}: a column block exceeds the chip`));
    const schedule = {
      count: COUNTED[objective], crossbars, layers, edges, published, units, time: null, compute: 1n,
      write: big(value.get("write"), "write", 0n),
      batch: big(value.get("batch"), "batch", 1n),
      cost: values === null ? null : values.cost,
      last: new Map(units.map(({ k }, at) => [k, at])), // of each layer its last unit
    };
    const timed = objective.startsWith("latency");
    demand((value.get("time") !== null) === timed, "time: not as the objective says");
    if (timed) {
      demand(units.length === layers.length, "time: where a layer is divided");
      const menu = layers.map(({ outputs }, k) => Number(least([BigInt(outputs), crossbars / units[k].set])));
      schedule.time = new Time(value.get("time"), { layers, menu }, 4);
      schedule.compute = schedule.time.compute;
    }
    return { ...schedule, before: countedBefore(schedule) };
  };

  const readBlocks = (value, what) => {
    record(value, ["name", "outputs", "blocks", "each", "end"], what);
    return {
      name: string(value.get("name"), `${what}: name`),
      outputs: small(value.get("outputs"), `${what}: outputs`, 1, MOST_OUTPUTS),
      blocks: small(value.get("blocks"), `${what}: blocks`, 1, MOST_OUTPUTS),
      each: big(value.get("each"), `${what}: each`, 1n),
      end: flag(value.get("end"), `${what}: end`),
    };
  };

  const networkEdges = (value, layers) => {
    const edges = edgesOf(value).map((each, e) => new Edge(each, `edge ${e}`, layers));
    rising(edges.map((edge) => edge.key), compare, "edges");
    return edges;
  };

  const readPublished = (value, layers, count) => {
    if (value === null) return null;
    record(value, ["edges", "tails"], "published");
    demand(count === "steps", "published: of a count that has no such rule");
    const tails = bigs(value.get("tails"), "tails", layers.length, 0n);
    return { edges: networkEdges(value, layers), tails };
  };

  const readOffChip = (value, layers) => {
    if (value === null) return null;
    record(value, ["cost", "values"], "off_chip");
    const cost = bigs(value.get("cost"), "cost", 2, 0n);
    demand(cost[1] >= 1n && gcd(cost[0], cost[1]) === 1n, "cost: not in lowest terms");
    const blocks = list(value.get("values"), "values", layers.length).map((each, k) => {
      return bigs(each, `values of layer ${k}`, layers[k].blocks, 1n);
    });
    return { cost, blocks };
  };

  // Whether a layer that has a unit at a place or behind it reads this one.
  const readLater = (schedule, k, to) =>
    schedule.edges.some((edge) => edge.producer === k && schedule.last.get(edge.consumer) >= to);

  // For each place of a cut what counts of each layer before it.
  const countedBefore = (schedule) =>
    range(schedule.units.length + 1).map((to) => {
      const present = new Set(schedule.units.slice(0, to).map(({ k }) => k));
      const layers = schedule.layers.map((layer, k) => {
        return { ...layer, end: present.has(k) && (layer.end || readLater(schedule, k, to)) };
      });
      const counted = countedAtEnds(layers, schedule.edges);
      return { counted, longest: Math.max(0, ...counted) };
    });

  // The units from one place to another, as a problem of their own.
  const segmentOf = (schedule, from, to) => {
    const sets = new Map();
    const units = schedule.units.slice(from, to);
    for (const { k, set } of units) sets.set(k, (sets.get(k) ?? 0n) + set);
    const numbers = [...sets.keys()];
    const at = new Map(numbers.map((k, number) => [k, number]));
    const layers = numbers.map((k) => {
      return { ...schedule.layers[k], set: sets.get(k), end: schedule.layers[k].end || readLater(schedule, k, to) };
    });
    const { published } = schedule;
    const edges = (published ? published.edges : schedule.edges)
      .filter((edge) => at.has(edge.producer) && at.has(edge.consumer))
      .map((edge) => {
        const inner = Object.assign(Object.create(Edge.prototype), edge);
        return Object.assign(inner, { producer: at.get(edge.producer), consumer: at.get(edge.consumer) });
      });
    const needed = numbers.map((k) => schedule.before[to].counted[k]);
    const counted = published ? layers.map((layer) => layer.outputs) : needed;
    const stalls = schedule.count === "cycles";
    const tails = edges.map((edge) => {
      if (published) return [published.tails[numbers[edge.consumer]], 0n];
      return stalls ? null : firstThatNeeds(edge, counted);
    });
    const kept = units.filter(({ k }) => readLater(schedule, k, to)).map(({ values }) => values);
    const segment = Object.assign(Object.create(Problem.prototype), {
      crossbars: schedule.crossbars, layers, edges, constraints: [], time: null, sets: layers.map(({ set }) => set),
      view: { stalls, capped: !published, counted, tails, offset: 0n }, needed, memory: memoryOf(schedule, sum(kept)),
    });
    segment.spare = segment.crossbars - sum(segment.sets);
    segment.menu = menuOf(segment);
    segment.choices = segment.menu;
    if (schedule.time) segment.time = timeWithin(schedule.time, segment, numbers, at);
    return segment;
  };

  const memoryOf = ({ cost, batch }, values) => (cost === null ? 0n : ceilBig(batch * cost[0] * values, cost[1]));

  // How long a step of a segment lasts: of what a layer reads, only what is in the segment is left.
  const timeWithin = (time, segment, numbers, at) => {
    const layers = numbers.map((k, l) => {
      const { own, times, weight, tree } = time.layers[k];
      const inside = new Map([...weight].filter(([j]) => at.has(j)).map(([j, w]) => [at.get(j), w]));
      const left = tree === null ? null : treeWithin(tree, at);
      const all = [new Map([...inside].map(([j]) => [BigInt(j), 1n]))];
      const what = `what layer ${k} reads`;
      const ways = left !== null && hasJoin(left) ? waysOf(left, [...inside.keys()].map(BigInt), what) : all;
      const menu = segment.menu[l];
      return { own: own.slice(0, menu), times: times.slice(0, menu), weight: inside, ways: weighted(ways, inside) };
    });
    return Object.assign(Object.create(Time.prototype), { tick: time.tick, compute: time.compute, layers });
  };

  const treeWithin = (tree, at) => {
    if (!isRecord(tree)) return at.has(Number(tree)) ? BigInt(at.get(Number(tree))) : null;
    const [name] = tree.keys();
    const parts = treeParts(tree)
      .map((part) => treeWithin(part, at))
      .filter((part) => part !== null)
      .flatMap((part) => (isRecord(part) && part.has(name) ? treeParts(part) : [part]))
      .sort(compareTrees)
      .filter((part, place, all) => place === 0 || compareTrees(all[place - 1], part) !== 0);
    return parts.length > 1 ? new Map([[name, parts]]) : (parts[0] ?? null);
  };

  // The crossbars that an interval takes at least.
  const atPace = (segment, v) =>
    sum(segment.sets.map((set, k) => set * greatest([1n, ceilBig(BigInt(segment.needed[k]), v)])));

  // Intervals below which some layer needs a copy more, or which lie beyond a link. One copy of each layer
  // has the longest interval of all.
  const intervals = (segment, links) => {
    const longest = BigInt(Math.max(1, ...segment.needed));
    const found = new Set([1n, ...links.map((link) => link.interval + 1n).filter((v) => v <= longest)]);
    for (const n of segment.needed) {
      for (let v = n; v >= 1; v = ceil(n, ceil(n, v) + 1) < v ? ceil(n, ceil(n, v) + 1) : 0) found.add(BigInt(v));
    }
    return found;
  };

  // What a step of a layer may take at least, and the shortest that is longer than so many ticks.
  const stepsOfLayer = ({ own, times, weight, ways }, menu, above) => {
    const volume = (copies) => greatest([0n, ...ways.map((way) => sum([...way].map(([k, w]) => w * copies(k))))]);
    const [low, high] = [volume(() => 1n), volume((k) => BigInt(menu[k]))];
    const unit = [...weight.values()].reduce(gcd, 0n) || 1n;
    const longer = own.flatMap((each, at) => {
      if (above === null || each + times[at] * low > above) return [each + times[at] * low];
      if (times[at] === 0n || each + times[at] * high <= above) return [];
      const reads = (((above - each) / times[at]) / unit + 1n) * unit; // the least volume that is beyond
      return reads <= high ? [each + times[at] * reads] : [];
    });
    return longer.length === 0 ? null : least(longer);
  };

  const cornersOf = (segment, links) => {
    if (segment.time === null) return [1n];
    const { layers, compute } = segment.time;
    const shortest = greatest([compute, ...layers.map((layer) => stepsOfLayer(layer, segment.menu, null))]);
    const corners = new Set([shortest]);
    for (const { step } of links) {
      if (step === null) continue;
      const longer = layers.map((layer) => stepsOfLayer(layer, segment.menu, step)).filter((each) => each !== null);
      if (longer.length > 0) corners.add(greatest([shortest, least(longer)]));
    }
    return [...corners];
  };

  // The least that a segment costs, by its pace and by what was refuted; null where all of it was.
  const leastCost = (schedule, segment, links) => {
    const { crossbars, write, batch } = schedule;
    const everything = sum(segment.sets.map((set, k) => set * BigInt(segment.layers[k].outputs)));
    const costs = [];
    for (const v of intervals(segment, links)) {
      const pace = atPace(segment, v);
      if (pace > crossbars) continue;
      const near = links.filter((link) => v <= link.interval);
      const beyond = links.map((link) => link.crossbars).filter((x) => pace <= x && x < crossbars && x < everything);
      for (const x of new Set([pace, ...beyond.map((each) => each + 1n)])) {
        for (const s of cornersOf(segment, near)) {
          const reach = near.filter((link) => x <= link.crossbars && (link.step === null || s <= link.step));
          if (reach.some((link) => link.refuted === null)) continue;
          const count = greatest([v, ...reach.map((link) => link.refuted + 1n)]);
          costs.push((count + (batch - 1n) * v) * s + write * x + segment.memory);
        }
      }
    }
    return costs.length === 0 ? null : least(costs);
  };

  // A coarser bound by the pace alone: intervals are taken in ranges from p to p + floor(p / 50), of which
  // the first counts for the time and the last for the crossbars.
  const paceCost = ({ crossbars, write, batch, compute, before }, segment, to) => {
    const { longest } = before[to];
    const costs = [];
    for (let p = 1, q = 1; p <= longest; p = q + 1) {
      q = Math.min(longest, p + Math.floor(p / 50));
      const pace = atPace(segment, BigInt(q));
      if (pace <= crossbars) costs.push(batch * BigInt(p) * compute + write * pace + segment.memory);
    }
    return least(costs);
  };

  const checkSchedule = (value, lines, version, tally) => {
    const schedule = readSchedule(value);
    const claim = record(lines.take("claim"), ["value", "bound", "plan"], "claim");
    const bound = big(claim.get("bound"), "bound", 1n);
    const plan = checkPlan(schedule, claim);
    const proven = shortestPath(schedule, readSegments(schedule, lines, formOfLinks(version), tally));
    demand(proven === null || bound <= proven, `bound: ${bound}, where a schedule may take ${proven}`);
    const names = schedule.layers.map((layer) => layer.name);
    const { crossbars, batch, write, time } = schedule;
    return {
      kind: "schedule", name: value.get("name"), layers: names, crossbars, batch, write, tick: time && time.tick,
      stalls: schedule.count === "cycles", value: claim.get("value"), bound, plan,
    };
  };

  const checkPlan = (schedule, claim) => {
    const [value, bound, given] = ["value", "bound", "plan"].map((key) => claim.get(key));
    let from = 0;
    let cost = 0n;
    const plan = list(given, "plan").map((each, number) => {
      const what = `segment ${number} of the plan`;
      list(each, what, 3);
      small(each[0], `${what}: first unit`, from, from);
      const to = small(each[1], `${what}: unit behind the last`, from + 1, schedule.units.length);
      const segment = segmentOf(schedule, from, to);
      demand(segment.spare >= 0n, `${what}: does not fit`);
      const copies = segment.allocation(each[2], what);
      const interval = greatest(copies.map((r, k) => BigInt(ceil(segment.needed[k], r))));
      const [count, used] = [segment.count(copies), segment.used(copies)];
      const step = segment.time ? segment.time.of(copies) : 1n;
      cost += (count + (schedule.batch - 1n) * interval) * step + schedule.write * used + segment.memory;
      from = to;
      return { layers: segment.layers.map((layer) => layer.name), copies, count, interval, crossbars: used };
    });
    demand(from === schedule.units.length, "plan: ends before the network");
    demand(big(value, "value") === cost, `value: ${value}, where the plan takes ${cost}`);
    demand(bound <= cost, `bound: ${bound}, where the plan takes ${cost}`);
    return plan;
  };

  const readSegments = (schedule, lines, form, tally) => {
    const listed = new Map();
    let before = null;
    while (!lines.isNext("end")) {
      const value = record(lines.take("segment"), ["units", "links"], lines.place);
      const place = lines.place;
      const units = list(value.get("units"), `${place}: units`, 2);
      const from = small(units[0], `${place}: units`, 0, schedule.units.length - 1);
      const to = small(units[1], `${place}: units`, from + 1, schedule.units.length);
      if (before !== null) demand(compare(before, [from, to]) < 0, `${place}: segments do not rise`);
      before = [from, to];
      const segment = segmentOf(schedule, from, to);
      demand(segment.spare >= 0n, `${place}: a segment that does not fit`);
      const links = range(small(value.get("links"), `${place}: links`, 0, MOST_LINKS)).map(() => {
        return readLink(segment, lines, form, tally);
      });
      const keys = links.map(({ crossbars, interval, step, refuted }) => [crossbars, interval, step ?? -1n, refuted ?? -1n]);
      rising(keys, compare, `${place}: links`);
      listed.set(`${from} ${to}`, links);
    }
    demand(list(lines.take("end"), lines.place).length === 0, `${lines.place}: end: not empty`);
    return listed;
  };

  // That no allocation of a segment with so many crossbars, this interval and this step has so few steps.
  const readLink = (segment, lines, form, tally) => {
    const value = record(lines.take("link"), ["crossbars", "interval", "step", "refuted"], lines.place);
    const place = lines.place;
    const crossbars = big(value.get("crossbars"), `${place}: crossbars`, 1n, segment.crossbars);
    const longest = BigInt(Math.max(...segment.needed));
    const interval = big(value.get("interval"), `${place}: interval`, 1n, longest);
    const orNull = (key, low) => (value.get(key) === null ? null : big(value.get(key), `${place}: ${key}`, low));
    const step = orNull("step", segment.time ? segment.time.compute : null);
    demand(step === null || segment.time !== null, `${place}: step: without a time`);
    const refuted = orNull("refuted", 1n);
    demand(atPace(segment, interval) <= crossbars, `${place}: a link that allows no allocation`);
    tally.links += 1;
    const limited = segment.with({ crossbars });
    limited.choices = limited.menu; // the budget of this problem is the link's
    const constraints = [];
    segment.needed.forEach((n, k) => {
      const fewest = ceilBig(BigInt(n), interval);
      const under = range(limited.menu[k]).map((at) => (BigInt(at + 1) < fewest ? 1n : 0n));
      if (fewest > 1n) constraints.push({ limit: 0n, weights: new Map([[k, under]]) });
    });
    if (segment.time && step !== null) constraints.push(...segment.time.limits(step, limited));
    Proof.read(limited.with({ constraints }), refuted, lines, form, tally);
    return { crossbars, interval, step, refuted };
  };

  // The least cost of all schedules, by what each segment costs at least; null if there is none.
  const shortestPath = (schedule, listed) => {
    const best = [0n, ...schedule.units.map(() => null)];
    schedule.units.forEach((_, from) => {
      let crossbars = 0n;
      for (let to = from + 1; to < best.length && best[from] !== null; to += 1) {
        crossbars += schedule.units[to - 1].set;
        if (crossbars > schedule.crossbars) break;
        const segment = segmentOf(schedule, from, to);
        const links = listed.get(`${from} ${to}`);
        const cost = links ? leastCost(schedule, segment, links) : paceCost(schedule, segment, to);
        if (cost === null) continue;
        const whole = best[from] + cost;
        if (best[to] === null || whole < best[to]) best[to] = whole;
      }
    });
    return best[best.length - 1];
  };

  // --- copies in cores

  const checkPlacement = (statement, lines, version, tally) => {
    const keys = ["name", "cores", "crossbars_per_core", "split", "layers", "constraints", "objective"];
    record(statement, keys, "placement");
    string(statement.get("name"), "name of the placement");
    const cores = small(statement.get("cores"), "cores", 1, MOST_CORES);
    const size = big(statement.get("crossbars_per_core"), "crossbars_per_core", 1n, BigInt(MOST_CORES));
    const split = flag(statement.get("split"), "split");
    const layers = list(statement.get("layers"), "layers").map((each, k) => readPart(each, k, size, split));
    checkSize(layers);
    const chip = { cores, size, layers, ...readObjective(statement.get("objective")) };
    chip.constraints = readLimits(chip, statement.get("constraints"), version);
    const claim = record(lines.take("claim"), ["value", "bound", "layout"], "claim");
    const layout = claim.get("layout") === null ? null : checkLayout(chip, claim.get("layout"));
    const refutation = lines.take("refutation");
    const target = refutation === null ? 0n : checkRefutation(chip, refutation);
    tally.proofs += refutation === null ? 0 : 1;
    let [value, bound] = [null, null];
    if (layout === null) {
      demand(claim.get("value") === null && claim.get("bound") === null, "claim: a value or a bound without a layout");
      demand(refutation !== null && target >= mostOf(chip), `refutation: ${target} is less than a placement may take`);
    } else {
      const found = greatest([chip.product * layout.interval, chip.move * layout.traffic]);
      value = big(claim.get("value"), "value", 1n);
      demand(value === found, `value: ${value}, where the layout takes ${found}`);
      bound = big(claim.get("bound"), "bound", 1n, found);
      demand(bound === target + 1n, `bound: ${bound}, where ${target} is refuted`);
    }
    return {
      kind: "placement", name: statement.get("name"), layers: layers.map((layer) => layer.name), cores, size,
      tick: chip.tick, value, bound, allocation: layout && layout.copies, crossbars: layout && layout.used,
    };
  };

  // The constraints on R, the budget being all crossbars of the chip.
  const readLimits = ({ cores, size, layers }, value, version) => {
    const spare = greatest([0n, BigInt(cores) * size - sum(layers.map(({ set }) => set))]);
    const largest = layers.map(({ outputs, set }) => Number(least([BigInt(outputs), 1n + spare / set])));
    return list(value, "constraints").map((each, c) => readConstraint(each, `constraint ${c}`, largest, version));
  };

  // A value that no placement exceeds.
  const mostOf = ({ cores, layers, product, move }) => {
    const products = sum(layers.map(({ outputs, blocks }) => 2n * BigInt(outputs) * blocks));
    const moved = sum(
      layers.map(({ outputs, blocks, whole, window, channels }) => {
        const parts = whole ? 1n : least([blocks, BigInt(cores)]);
        return 2n * BigInt(outputs) * parts * (window + channels);
      }),
    );
    return greatest([product * products, move * moved]);
  };

  const readPart = (value, k, size, split) => {
    const what = `layer ${k}`;
    record(value, ["name", "outputs", "blocks", "width", "window", "channels"], what);
    const number = (key) => big(value.get(key), `${what}: ${key}`, 1n);
    const [blocks, width] = [number("blocks"), number("width")];
    demand(width <= size, `${what}: a row block of ${width} crossbars, where a core has ${size}`);
    const whole = !split && blocks * width <= size; // copies are placed whole
    return {
      name: string(value.get("name"), `${what}: name`),
      outputs: small(value.get("outputs"), `${what}: outputs`, 1, MOST_OUTPUTS),
      blocks, width, window: number("window"), channels: number("channels"), set: blocks * width, whole,
      part: whole ? blocks : 1n, // row blocks of a part
    };
  };

  const readObjective = (value) => {
    record(value, ["tick", "product", "value"], "objective");
    const product = big(value.get("product"), "product", 1n);
    const move = big(value.get("value"), "value of the objective", 0n);
    if (value.get("tick") === null) {
      demand(product === 1n && move === 0n, "objective: without a tick a product counts 1 and a value 0");
      return { tick: null, product, move };
    }
    const tick = bigs(value.get("tick"), "tick", 2, 1n);
    demand(gcd(tick[0], tick[1]) === 1n, "tick: not in lowest terms");
    return { tick, product, move };
  };

  const checkLayout = ({ cores, size, layers, constraints }, value) => {
    record(value, ["duplication", "cores"], "layout");
    const copies = list(value.get("duplication"), "duplication", layers.length).map((each, k) => {
      return small(each, `duplication[${k}]`, 1, layers[k].outputs);
    });
    const placed = layers.map(() => new Map()); // by copy: row blocks, and the cores that hold some
    let interval = 0n;
    list(value.get("cores"), "cores", cores).forEach((core, c) => {
      let [used, load] = [0n, 0n];
      const entries = list(core, `core ${c}`).map((each) => {
        list(each, `core ${c}`, 3);
        const k = small(each[0], `core ${c}: layer`, 0, layers.length - 1);
        const copy = small(each[1], `core ${c}: copy`, 0, copies[k] - 1);
        const blocks = big(each[2], `core ${c}: row blocks`, 1n, layers[k].blocks);
        demand(!layers[k].whole || blocks === layers[k].blocks, `core ${c}: a part of a copy that is not split`);
        const before = placed[k].get(copy) ?? [0n, 0n];
        placed[k].set(copy, [before[0] + blocks, before[1] + 1n]);
        used += blocks * layers[k].width;
        load += blocks * BigInt(ceil(layers[k].outputs, copies[k]));
        return [k, copy];
      });
      rising(entries, compare, `core ${c}`);
      demand(used <= size, `core ${c}: ${used} crossbars, where it has ${size}`);
      interval = greatest([interval, load]);
    });
    let [traffic, used] = [0n, 0n];
    layers.forEach((layer, k) => {
      const windows = BigInt(ceil(layer.outputs, copies[k]));
      demand(placed[k].size === copies[k], `layer ${k}: ${placed[k].size} copies are placed, of ${copies[k]}`);
      for (const [copy, [blocks, parts]] of placed[k]) {
        demand(blocks === layer.blocks, `layer ${k}: ${blocks} row blocks of copy ${copy}, of ${layer.blocks}`);
        traffic += windows * (layer.window * parts + layer.channels * (parts - 1n));
      }
      traffic += BigInt(layer.outputs) * layer.channels;
      used += BigInt(copies[k]) * layer.set;
    });
    constraints.forEach(({ limit, weights }, c) => {
      demand(sum([...weights].map(([k, each]) => each[copies[k] - 1])) <= limit, `layout: breaks constraint ${c}`);
    });
    return { copies, interval, traffic, used };
  };

  // That no layout has a value of at most the target, case by case; the target.
  const checkRefutation = (chip, value) => {
    record(value, ["value", "cases"], "refutation");
    const target = big(value.get("value"), "value of the refutation", 0n);
    const cases = [chip.layers.map(({ outputs }) => [1, outputs])]; // those still open
    list(value.get("cases"), "cases").forEach((entry, at) => {
      demand(cases.length > 0, `cases[${at}]: none is open`);
      const ranges = cases.pop();
      if (isRecord(entry) && entry.has("split")) cases.push(...splitCase(chip, ranges, entry, `cases[${at}]`));
      else closeCase(chip, target, ranges, entry, `cases[${at}]`);
    });
    demand(cases.length === 0, `refutation: ${cases.length} cases are open`);
    return target;
  };

  // The two cases of a split, the next one last.
  const splitCase = ({ layers }, ranges, entry, what) => {
    record(entry, ["split"], what);
    const [layer, copies] = list(entry.get("split"), `${what}: split`, 2);
    const k = small(layer, `${what}: layer`, 0, layers.length - 1);
    const outputs = BigInt(layers[k].outputs);
    const r = Number(least([big(copies, `${what}: R`, 1n), outputs])); // beyond N nothing is left
    const [low, high] = ranges[k];
    const sides = [[Math.max(low, r + 1), high], [low, Math.min(high, r)]];
    return sides.map((side) => ranges.map((range_, at) => (at === k ? side : range_)));
  };

  // That no layout with its R in a case has a value of at most the target.
  const closeCase = (chip, target, ranges, entry, what) => {
    record(entry, ["bound", "prices", "slope", "grain"], what);
    string(entry.get("bound"), `${what}: bound`);
    const prices = list(entry.get("prices"), `${what}: prices`, chip.layers.length).map((each, k) => readPrices(each, `${what}: prices[${k}]`));
    const grain = big(entry.get("grain"), `${what}: grain`, 1n);
    const slope = entry.get("slope") === null ? null : bigs(entry.get("slope"), `${what}: slope`, 2, 0n);
    const load = target / chip.product; // products of a core
    const menus = menusOfCase(chip, load, ranges);
    if (menus.some((menu) => menu.length === 0)) return; // some layer has no R
    if (chip.move > 0n && leastTraffic(chip, menus) > target / chip.move) return;
    const windowsOf = (k, r) => BigInt(ceil(chip.layers[k].outputs, r));
    const price = (k, r) => prices[k].get(windowsOf(k, r)) ?? 0n;
    const items = menus.flatMap((menu, k) => {
      const { part, width } = chip.layers[k];
      return menu.map((r) => ({ price: price(k, r), size: part * width, load: part * windowsOf(k, r) }));
    });
    const most = slope ? bySlope(items, slope, chip.size, load) : byKnapsack(items, grain, chip.size, load);
    const cost = sum(
      menus.map((menu, k) => {
        const { blocks, part } = chip.layers[k];
        return least(menu.map((r) => BigInt(r) * (blocks / part) * price(k, r)));
      }),
    );
    demand(cost > BigInt(chip.cores) * most, `${what}: parts cost ${cost}, where the cores hold ${BigInt(chip.cores) * most}`);
  };

  const readPrices = (value, what) => {
    const pairs = list(value, what).map((pair) => {
      list(pair, what, 2);
      return [big(pair[0], `${what}: windows`, 1n), big(pair[1], `${what}: price`, 1n)];
    });
    rising(pairs.map(([n]) => n), compare, what);
    return new Map(pairs);
  };

  // The R that each layer may have in a case, rising; none where there are none for some layer.
  const menusOfCase = ({ cores, size, layers, constraints }, load, ranges) => {
    const none = layers.map(() => []);
    if (layers.some(({ part }) => part > load)) return none;
    const fewest = layers.map(({ outputs, part }, k) => {
      const windows = Number(least([load / part, BigInt(outputs)]));
      return Math.max(ranges[k][0], ceil(outputs, windows));
    });
    const more = BigInt(cores) * size - sum(layers.map(({ set }, k) => set * BigInt(fewest[k])));
    if (more < 0n) return none;
    const named = new Set(constraints.flatMap(({ weights }) => [...weights.keys()]));
    let count = 0;
    const menus = layers.map(({ outputs, set }, k) => {
      const most = Number(least([BigInt(ranges[k][1]), BigInt(fewest[k]) + more / set]));
      const copies = [];
      for (let r = fewest[k]; r <= most; count += 1) {
        demand(count < MOST_OPTIONS, `layers: more than ${MOST_OPTIONS} R in a case`);
        copies.push(r);
        const windows = ceil(outputs, r);
        if (named.has(k)) r += 1;
        else r = windows === 1 ? most + 1 : ceil(outputs, windows - 1);
      }
      return copies;
    });
    return menus.some((menu) => menu.length === 0) ? none : allowed(menus, constraints);
  };

  // Without the R that exceed a constraint even with the least weights of its other layers.
  const allowed = (menus, constraints) => {
    const left = [...menus];
    for (let before = -1; before !== sum(left.map((menu) => BigInt(menu.length))); ) {
      before = sum(left.map((menu) => BigInt(menu.length)));
      for (const { limit, weights } of constraints) {
        if (left.some((menu) => menu.length === 0)) return left;
        const lowest = new Map([...weights].map(([k, each]) => [k, least(left[k].map((r) => each[r - 1]))]));
        const all = sum([...lowest.values()]);
        for (const [k, each] of weights) left[k] = left[k].filter((r) => all - lowest.get(k) + each[r - 1] <= limit);
      }
    }
    return left;
  };

  // The least values moved, each copy being in as few cores as can hold it.
  const leastTraffic = ({ size, layers }, menus) =>
    sum(
      layers.map(({ outputs, blocks, width, window, channels }, k) => {
        const parts = ceilBig(blocks, size / width);
        const moved = menus[k].map((r) => {
          return BigInt(r) * BigInt(ceil(outputs, r)) * (parts * window + (parts - 1n) * channels);
        });
        return least(moved) + BigInt(outputs) * channels;
      }),
    );

  const bySlope = (items, [ofCrossbar, ofProduct], size, load) => {
    for (const item of items) {
      demand(item.price <= ofCrossbar * item.size + ofProduct * item.load, "slope: a part costs more");
    }
    return ofCrossbar * size + ofProduct * load;
  };

  // The most that parts cost which fill a core, loads counted in whole grains.
  const byKnapsack = (items, grain, size, load) => {
    const width = Number(load / grain) + 1;
    demand(BigInt(width) * (size + 1n) <= MOST_CELLS, "grain: the knapsack is too large");
    const parts = items.map((item) => ({ price: item.price, size: Number(item.size), load: Number(item.load / grain) }));
    const useful = parts.filter(
      (a, i) => !parts.some((b, j) => b.price >= a.price && b.size <= a.size && b.load <= a.load && (i > j || compare([b.price, -b.size, -b.load], [a.price, -a.size, -a.load]) > 0)),
    );
    const exact = greatest([0n, ...items.map((item) => item.price)]) * size < 1n << 53n;
    const rows = Number(size) + 1;
    const best = exact ? new Float64Array(rows * width) : range(rows * width).map(() => 0n);
    for (const item of useful) {
      const price = exact ? Number(item.price) : item.price;
      for (let row = item.size; row < rows; row += 1) {
        const [here, there] = [row * width, (row - item.size) * width - item.load];
        for (let at = item.load; at < width; at += 1) {
          const with_ = best[there + at] + price;
          if (with_ > best[here + at]) best[here + at] = with_;
        }
      }
    }
    return BigInt(best[rows * width - 1]);
  };

  // --- files

  const FORMATS = {
    "xbarmip-certificate": { versions: [2, 3, 4, 5], bare: 2, kinds: { problem: checkProblem, shared: checkShared } },
    "xbarmip-schedule-certificate": { versions: [2, 3], kinds: { schedule: checkSchedule } },
    "xbarmip-placement-certificate": { versions: [3], kinds: { placement: checkPlacement } },
  };

  const checkText = (text) => {
    const lines = new Lines(text);
    const tally = { proofs: 0, links: 0, rounds: 0, splits: 0, labels: 0 };
    const head = lines.next();
    demand(isRecord(head), "line 1: no object");
    const format = Object.hasOwn(FORMATS, head.get("format")) ? FORMATS[head.get("format")] : null;
    demand(format !== null, "line 1: format: no certificate of xbarmip");
    const version = Number(big(head.get("version"), "version"));
    demand(format.versions.includes(version), `version: ${version} is unknown`);
    const bare = version === format.bare; // has no digest
    record(head, bare ? ["format", "version"] : ["format", "version", "digest"], "line 1");
    const second = lines.next();
    const key = isRecord(second) && second.size === 1 ? [...second.keys()][0] : "";
    demand(Object.hasOwn(format.kinds, key), "line 2: no problem");
    const stated = second.get(key);
    const found = format.kinds[key](stated, lines, version, tally);
    lines.end();
    return { ...found, digest: bare ? null : checkDigest(head, stated), checked: tally };
  };

  const checkDigest = (head, stated) => {
    const digest = digestOf(stated);
    demand(string(head.get("digest"), "digest") === digest, `digest: ${head.get("digest")}, where that of the problem is ${digest}`);
    return digest;
  };

  // The bytes of a file, unpacked where they are compressed by gzip.
  const unpacked = async (bytes) => {
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
    const chunks = [];
    let size = 0;
    try {
      const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
      for (let part = await reader.read(); !part.done && size <= MOST_BYTES; part = await reader.read()) {
        chunks.push(part.value);
        size += part.value.length;
      }
    } catch {
      refuse("not compressed by gzip as it says");
    }
    demand(size <= MOST_BYTES, `more than ${MOST_BYTES} bytes`);
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  };

  const textOf = (bytes) => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return refuse("not UTF-8");
    }
  };

  const check = async (bytes) => checkText(textOf(await unpacked(bytes)));

  // --- what is proven, in words

  const stated = (found) => {
    const digest = `digest ${found.digest ?? "none"}`;
    if (found.kind === "shared") return `${found.networks.length} networks on one chip, ${found.crossbars} crossbars, ${digest}`;
    const size = found.kind === "placement" ? `${found.cores} cores of ${found.size} crossbars` : `${found.crossbars} crossbars`;
    return `${found.layers.length} layers, ${size}, ${digest}`;
  };

  const unitOf = (found) => {
    if (found.kind === "shared") return { slowest: "as largest weighted count", sum: "as weighted sum of counts", deadlines: "crossbars" }[found.share];
    if (found.tick) return `ticks of ${found.tick[0]}/${found.tick[1]} s`;
    if (found.kind === "placement") return "products on the busiest core";
    return found.kind === "schedule" || found.stalls ? "cycles" : "steps";
  };

  // A time in ticks as microseconds, rounded down, where the value is one.
  const inTime = (found) => {
    if (!found.tick || found.order) return "";
    const picoseconds = (found.bound * found.tick[0] * 10n ** 12n) / found.tick[1];
    const fraction = String((picoseconds % 10n ** 6n) / 1000n).padStart(3, "0");
    return ` (${picoseconds / 10n ** 6n}.${fraction} us, rounded down)`;
  };

  const things = { problem: "allocation", shared: "split", schedule: "schedule", placement: "placement" };

  const sentence = (found) => {
    const thing = things[found.kind];
    if (found.bound === null || (found.order && found.bound.length === 0)) return `no ${thing} is allowed`;
    const ordered = found.order && found.order.length > 1 ? ` in the order ${found.order.join(", ")}` : "";
    const unit = found.order ? ordered : ` ${unitOf(found)}`;
    const given = found.value === null ? "" : `; the given one has ${[].concat(found.value).join(", ")}`;
    return `no ${thing} has less than ${[].concat(found.bound).join(", ")}${unit}${inTime(found)}${given}`;
  };

  return { Refused, check, checkText, sentence, stated, unitOf };
})();

// --- as a command

const xbarmipCommand = async (files) => {
  const { readFileSync } = require("node:fs");
  const json = files.includes("--json");
  let worst = 0;
  for (const file of files.filter((each) => each !== "--json")) {
    let outcome = { file, status: "accepted" };
    let said;
    try {
      const found = await xbarmipChecker.check(readFileSync(file));
      outcome = { ...outcome, ...found };
      said = `accepted: the problem that the file states (${xbarmipChecker.stated(found)}): ${xbarmipChecker.sentence(found)}`;
    } catch (error) {
      const refused = error instanceof xbarmipChecker.Refused;
      if (!refused && !error.code) throw error;
      outcome = { file, status: refused ? "refused" : "unreadable", message: error.message };
      said = refused ? `REFUSED: ${error.message}` : error.message;
      worst = Math.max(worst, refused ? 1 : 2);
    }
    const text = (_, value) => (typeof value === "bigint" ? Number(value) : value);
    console.log(json ? JSON.stringify(outcome, text) : `${file}: ${said}`);
  }
  return worst;
};

if (typeof module !== "undefined") {
  module.exports = xbarmipChecker;
  if (require.main === module) {
    xbarmipCommand(process.argv.slice(2)).then((status) => {
      process.exitCode = status;
    });
  }
}
