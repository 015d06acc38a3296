// The page: draws the form, and after every change the faults, the price and the file.

const byId = (id) => document.getElementById(id);
const state = { written: {}, touched: new Set(), load: {} };
for (const assumed of PRICES.load) state.load[assumed.name] = assumed.default;

/** Take a change in. `redraw` says that controls come or go; `focus` is the path to go on at. */
function change(path, value, redraw, focus) {
  if (path) {
    const isNeeded = SCHEMA.required.includes(path[0]) && path.length === 1;
    const isText = typeof value === "string" && path.length === 1;
    put(state.written, path, value === "" && isText && !isNeeded ? undefined : value);
    if (value === "" && isNeeded) delete state.written[path[0]];
    state.touched.add(pointerOf(path));
    tidy(path);
  }
  if (redraw) draw(focus);
  show();
}

/** A group that has become empty is left out where nothing is what holds anyway. */
function tidy(path) {
  for (let end = path.length; end > 0; end -= 1) {
    const around = path.slice(0, end);
    const value = at(state.written, around);
    const usual = schemaAt(around, state.written)?.default;
    if (typeof value === "object" && !Object.keys(value).length && same(value, usual)) {
      put(state.written, around, undefined);
    }
  }
  dropIdle(SCHEMA, state.written);
}

/** Take away what means nothing with the other fields as they are. */
function dropIdle(schema, value) {
  for (const [name, field] of Object.entries(kindOf(schema, value).properties ?? {})) {
    if (!isGroup(value) || !Object.hasOwn(value, name)) continue;
    if (matters(field, meant(state.written))) dropIdle(field, value[name]);
    else delete value[name];
  }
}

/** Draw all controls anew, and stay where the person was. */
function draw(focus) {
  const active = focus ? idOf(focus) : document.activeElement?.id;
  const values = meant(state.written);
  const groups = Map.groupBy(Object.entries(SCHEMA.properties), ([, field]) => field["x-group"]);
  byId("fields").replaceChildren(...[...groups].map(([title, fields]) => make("fieldset", { class: "card" },
    make("legend", {}, title),
    ...fields.map(([name, field]) =>
      fieldControl([name], field, values[name], change, SCHEMA.required.includes(name))))));
  const next = active && (byId(active) ?? byId(`${active}-label`));
  next?.focus?.({ preventScroll: !focus });
}

/** Show what follows from what is written. */
function show() {
  const found = problems(state.written);
  showFaults(found);
  showPrice(found);
  byId("yaml").textContent = file(state.written);
  byId("download").disabled = byId("copy").disabled = found.length > 0;
}

function showFaults(found) {
  for (const line of document.querySelectorAll("[data-fault]")) {
    const here = found.filter((one) => pointerOf(one.path) === line.dataset.fault);
    const seen = here.length && isTouched(here[0].path);
    line.hidden = !seen;
    line.textContent = seen ? sentence(here[0]) : "";
  }
  for (const input of document.querySelectorAll("input[data-path]")) {
    const isWrong = found.some((one) => pointerOf(one.path) === input.dataset.path && isTouched(one.path));
    input.setAttribute("aria-invalid", isWrong);
  }
  const items = found.map((one) => make("li", {}, make("button", {
    type: "button", class: "link", click: () => goTo(one.path),
  }, titleOf(one.path)), `: ${sentence(one)}`));
  byId("summary").replaceChildren(...(items.length ? [make("p", {}, "Before it can be used:"), make("ul", {}, ...items)] : []));
}

/** A needed field that nobody has been at yet is told of in the list alone. */
const isTouched = (path) => path.some((_, end) => state.touched.has(pointerOf(path.slice(0, end + 1))))
  || at(state.written, path) !== undefined;
const sentence = ({ wrong, right }) => (right ? `${wrong}; ${right}.` : `${wrong}.`);

/** What a path is called: the titles on the way. */
function titleOf(path) {
  return path.map((step, place) => schemaAt(path.slice(0, place + 1), state.written)?.title
    ?? (Number.isInteger(step) ? `number ${step + 1}` : step || "one without a key")).join(", ");
}

/** Bring the control of a path into view. */
function goTo(path) {
  for (let end = path.length; end > 0; end -= 1) {
    const pointer = pointerOf(path.slice(0, end));
    const there = [...document.querySelectorAll("[data-path]")].find((one) => one.dataset.path === pointer);
    if (!there) continue;
    (there.matches("input") ? there : there.querySelector("input, button"))?.focus();
    there.scrollIntoView({ block: "center" });
    return;
  }
}

const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: PRICES.currency });
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

function showPrice(found) {
  // What is wrong elsewhere, such as a name that is still missing, does not hide the price.
  const told = found.some((one) => PRICED.has(one.path[0])) ? undefined : price(state.written, state.load);
  byId("total").textContent = told ? dollars.format(told.total) : "–";
  byId("lines").tBodies[0].replaceChildren(...(told?.bill ?? []).map((line) => make("tr", {},
    make("th", { scope: "row" }, line.title, make("small", {}, `${whole.format(line.amount)} ${line.unit}`)),
    make("td", {}, dollars.format(line.dollars)))));
  const other = told?.region && told.region !== told.pricedAs ? `, for want of those of ${told.region}` : "";
  byId("note").textContent = `An estimate: AWS's list prices of ${PRICES.as_of} in ${told?.pricedAs ?? PRICES.like}${other}. `
    + "On Shardline you pay for your own machine alone.";
}

function drawLoad() {
  byId("load").replaceChildren(...PRICES.load.map((assumed) => make("div", { class: "field" },
    make("label", { class: "label", for: `load-${assumed.name}` }, assumed.title),
    make("p", { class: "help", id: `load-${assumed.name}-help` }, assumed.description),
    make("input", { id: `load-${assumed.name}`, type: "number", min: assumed.least, step: "any", value: assumed.default,
      "aria-describedby": `load-${assumed.name}-help`,
      input: (event) => {
        const value = event.target.valueAsNumber;
        if (value >= assumed.least) { state.load[assumed.name] = value; show(); }
      } }))));
}

byId("fields").addEventListener("submit", (event) => event.preventDefault());
byId("fields").addEventListener("focusout", (event) => {
  const path = event.target.dataset?.path;
  if (path) { state.touched.add(path); showFaults(problems(state.written)); }
});
byId("download").addEventListener("click", () => {
  const url = URL.createObjectURL(new Blob([file(state.written)], { type: "application/yaml" }));
  make("a", { href: url, download: "stream.yaml" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
  byId("said").textContent = "Downloaded stream.yaml.";
});
byId("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(file(state.written));
    byId("said").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(byId("yaml"));
    byId("said").textContent = "The text is marked: copy it with Ctrl-C.";
  }
});

drawLoad();
draw();
show();
