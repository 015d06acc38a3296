// The controls of lists: boxes to tick, rows, and keys with values of one's own.

/** A list with few possible members: a box to tick for each. */
function choicesControl(path, schema, value, change) {
  const chosen = Array.isArray(value) ? value : [];
  const pick = (item, on) => change(path,
    schema.items.enum.filter((one) => (one === item ? on : chosen.includes(one))), true);
  return make("div", { class: "boxes", role: "group", "aria-labelledby": `${idOf(path)}-label`, "data-path": pointerOf(path) },
    ...schema.items.enum.map((item) => make("label", {},
      make("input", { type: "checkbox", checked: chosen.includes(item), id: `${idOf(path)}-has-${item}`,
        change: (event) => pick(item, event.target.checked) }), item)));
}

const removeButton = (path, what, change) => make("button", {
  type: "button", class: "quiet", "aria-label": `Remove ${what}`, click: () => change(path, undefined, true),
}, "Remove");

/** A list: a row for each member. */
function listControl(path, schema, value, change) {
  const items = Array.isArray(value) ? value : [];
  const rows = items.map((item, place) => make("li", {},
    control([...path, place], kindOf(schema.items, item), item, change, `${schema.title ?? ""} ${place + 1}`),
    removeButton([...path, place], `number ${place + 1}`, change), faultLine([...path, place])));
  const kinds = schema.items.oneOf ?? [schema.items];
  const add = kinds.map((kind, number) => make("button", {
    type: "button", class: "quiet", id: `${idOf(path)}-add-${number}`,
    click: () => change(path, [...items, beginning(kind)], true, [...path, items.length]),
  }, kinds.length > 1 ? `Add: ${kind.title.toLowerCase()}` : "Add"));
  return make("div", { class: "list", "data-path": pointerOf(path) }, rows.length ? make("ul", {}, ...rows) : undefined,
    make("div", { class: "adders" }, ...add));
}

/** Keys and values of one's own. */
function mapControl(path, schema, value, change) {
  const pairs = Object.entries(isGroup(value) ? value : {});
  const rename = (place, key, text) => change(path,
    Object.fromEntries(pairs.map((pair, number) => (number === place ? [key, text] : pair))), true);
  const rows = pairs.map(([key, text], place) => make("li", {},
    make("input", { type: "text", value: key, "aria-label": `Key ${place + 1}`, placeholder: "key",
      ...tied([...path, key], `${idOf(path)}-value-${place}`), id: `${idOf(path)}-key-${place}`,
      change: (event) => {
        if (Object.hasOwn(value, event.target.value)) event.target.value = key;
        else rename(place, event.target.value, text);
      } }),
    make("input", { ...tied([...path, key], `${idOf(path)}-value-${place}`), type: "text", value: text,
      "aria-label": `Value ${place + 1}`, placeholder: "value",
      input: (event) => change([...path, key], event.target.value, false) }),
    removeButton([...path, key], key || "this", change),
    faultLine([...path, key], `${idOf(path)}-value-${place}`)));
  return make("div", { class: "list map", "data-path": pointerOf(path) }, rows.length ? make("ul", {}, ...rows) : undefined,
    make("div", { class: "adders" }, make("button", { type: "button", class: "quiet", id: `${idOf(path)}-add-0`,
      click: () => change(path, { ...(isGroup(value) ? value : {}), "": "" }, true) }, "Add")));
}
