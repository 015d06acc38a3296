// The controls of the form. Each is drawn from the schema of its field; what is written in it goes to
// `change(path, value)`, where undefined takes it away.

let numbers = 0;

/** An element: attributes, listeners as functions, and what is inside. */
function make(tag, attributes = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...inside.filter((part) => part !== undefined && part !== null));
  return element;
}

const idOf = (path) => `field${pointerOf(path).replaceAll("/", "-")}`;
const kindOf = (schema, value) => (schema.oneOf ? alternative(schema.oneOf, value) : schema);
const isChoice = (schema) => schema.type === "array" && schema.items?.enum;

/** What a member of a union, or a new row, begins with. */
function beginning(schema) {
  if (schema.enum) return schema.enum[0];
  if (schema.type === "boolean") return true;
  if (schema.type === "array") return [];
  if (schema.type === "integer" || schema["x-quantity"]) return schema.examples?.[0] ?? schema.minimum;
  if (schema.type !== "object") return "";
  return Object.fromEntries((schema.required ?? []).map(
    (name) => [name, beginning(kindOf(schema.properties[name]))],
  ));
}

/** Attributes that tie a control to its help and its fault. */
const tied = (path, id = idOf(path)) => ({
  id, "aria-describedby": `${id}-help ${id}-fault`, "data-path": pointerOf(path),
});

function textControl(path, schema, value, change) {
  return make("input", {
    ...tied(path), type: "text", value: value ?? "", maxlength: schema.maxLength, autocomplete: "off",
    spellcheck: "false", placeholder: schema.examples ? `for example ${schema.examples[0]}` : "",
    input: (event) => change(path, event.target.value, false),
  });
}

function numberControl(path, schema, value, change) {
  return make("input", {
    ...tied(path), type: "number", value: value ?? "", min: schema.minimum, max: schema.maximum, step: 1,
    input: (event) => change(path, event.target.value === "" ? "" : Number(event.target.value), false),
  });
}

/** A number beside its unit. */
function quantityControl(path, schema, value, change) {
  const { names } = schema["x-quantity"];
  const units = Object.keys(schema["x-quantity"].units);
  const [, number, unit] = /^([^A-Za-z%]*)(.*)$/.exec(value ?? schema.examples[0]);
  const read = () => change(path, field.value === "" ? "" : field.value + (choice?.value ?? units[0]), false);
  const field = make("input", {
    ...tied(path), type: "number", value: number, min: 0, step: schema["x-quantity"].places ? "any" : 1,
    input: read,
  });
  const choice = units.length > 1 ? make("select", { "aria-label": "Unit", change: read },
    ...units.map((one) => make("option", { value: one, selected: one === unit }, names[one] ?? one))) : null;
  return make("span", { class: "quantity" }, field, choice ?? make("span", { class: "unit" }, names[units[0]] ?? units[0]));
}

/** A few choices side by side, of which one holds. */
function radios(path, choices, chosen, pick, style = "segments") {
  const id = idOf(path);
  const group = `radio-${numbers++}`;
  const cards = choices.map(([value, label, more], number) => make("label", {},
    make("input", {
      type: "radio", name: group, checked: same(value, chosen), id: `${id}-is-${number}`, "aria-label": label,
      "aria-describedby": more ? `${id}-is-${number}-more` : undefined, change: () => pick(value),
    }),
    make("span", { class: "choice" }, make("strong", {}, label),
      more ? make("small", { id: `${id}-is-${number}-more` }, more) : undefined)));
  return make("div", {
    class: style, role: "radiogroup", "aria-labelledby": `${id}-label`, "data-path": pointerOf(path),
    "aria-describedby": `${id}-help ${id}-fault`,
  }, ...cards);
}

const booleanControl = (path, schema, value, change) =>
  radios(path, [[true, "Yes"], [false, "No"]], value, (picked) => change(path, picked, true));

const enumControl = (path, schema, value, change) =>
  radios(path, schema.enum.map((choice) => [choice, schema["x-labels"]?.[choice] ?? choice]), value,
    (picked) => change(path, picked, true));

/** Presets: a card for each, and one for none. */
function presetControl(path, schema, value, change) {
  const cards = Object.entries(schema["x-presets"]).map(([name, preset]) => [name, preset.title, preset.description]);
  return radios(path, [...cards, ["", "None", "Begin with what is usual."]], value ?? "",
    (picked) => {
      for (const preset of Object.values(schema["x-presets"])) {
        for (const name of Object.keys(preset.values)) change([name], undefined, false);
      }
      change(path, picked || undefined, true);
    }, "cards");
}

/** A union: a choice for each value of a member that has few, and one for each other member. */
function unionControl(path, schema, value, change) {
  const choices = schema.oneOf.flatMap((kind) => {
    const few = kind.type === "boolean" ? [true, false] : kind.enum;
    if (!few) return [[kind.title, kind.title]];
    return few.map((one) => [one, kind["x-labels"]?.[one] ?? String(one)]);
  });
  const kind = kindOf(schema, value);
  const isFew = kind.type === "boolean" || kind.enum;
  const pick = (picked) => {
    const chosen = schema.oneOf.find((one) => one.title === picked);
    const example = chosen && chosen.type !== "object" && chosen.type !== "array"
      ? schema.examples?.find(TYPES[chosen.type]) : undefined;
    change(path, chosen ? example ?? beginning(chosen) : picked, true);
  };
  return make("div", { class: "union" },
    radios(path, choices, isFew ? value : kind.title, pick),
    isFew ? undefined : control(path, { ...kind, title: schema.title, default: undefined }, value, change));
}

const groupControl = (path, schema, value, change) => make("div", { class: "group" },
  ...Object.entries(schema.properties).map(([name, field]) =>
    fieldControl([...path, name], field, isGroup(value) ? value[name] : undefined, change,
      (schema.required ?? []).includes(name))));

/** The control for a schema. */
function control(path, schema, value, change, label) {
  const shown = value ?? schema.default;
  const draw = schema["x-presets"] ? presetControl
    : schema.oneOf ? unionControl
      : schema["x-quantity"] ? quantityControl
        : schema.enum ? enumControl
          : isChoice(schema) ? choicesControl
            : schema.type === "array" ? listControl
              : schema.type === "boolean" ? booleanControl
                : schema.type === "integer" ? numberControl
                  : schema.type === "string" ? textControl
                    : schema.properties ? groupControl : mapControl;
  const drawn = draw(path, schema, shown, change);
  if (label && drawn.matches("input")) drawn.setAttribute("aria-label", label);
  return drawn;
}

const faultLine = (path, id = idOf(path)) => make("p", { class: "fault", id: `${id}-fault`, "data-fault": pointerOf(path), hidden: true });

/** A field: title, what it means, its control, and what is wrong with it. */
function fieldControl(path, schema, value, change, isRequired) {
  if (!fieldMatters(schema)) return undefined;
  const isWritten = at(state.written, path) !== undefined;
  const drawn = control(path, schema, value, change);
  const isInput = drawn.matches("input, .quantity");
  const label = make(isInput ? "label" : "span", { class: "label", id: `${idOf(path)}-label`, for: isInput ? idOf(path) : undefined },
    schema.title);
  const badges = make("span", { class: "badges" },
    isRequired ? make("span", { class: "badge" }, "needed") : undefined,
    schema["x-immutable"] ? make("span", { class: "badge fixed" }, "cannot be changed later") : undefined);
  if (isRequired && drawn.matches("input")) drawn.setAttribute("aria-required", true);
  const reset = isWritten && !isRequired ? make("button", {
    type: "button", class: "quiet reset", id: `${idOf(path)}-reset`, "aria-label": `${schema.title}: as usual again`,
    click: () => change(path, undefined, true),
  }, "As usual again") : undefined;
  return make("div", { class: isInput ? "field" : "field wide", role: isInput ? undefined : "group", "aria-labelledby": isInput ? undefined : `${idOf(path)}-label` },
    make("div", { class: "head" }, label, badges, reset),
    make("p", { class: "help", id: `${idOf(path)}-help` }, schema.description), drawn, faultLine(path));
}

const fieldMatters = (schema) => matters(schema, meant(state.written));
