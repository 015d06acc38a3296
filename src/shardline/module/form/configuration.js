// What was written, what it means, and its file.

/** The schema of the field at a path, given the values that say which member of a union it is. */
function schemaAt(path, values) {
  let schema = SCHEMA;
  let value = values;
  for (const step of path) {
    const kind = schema.oneOf ? alternative(schema.oneOf, value) : schema;
    schema = kind.properties?.[step] ?? kind.items ?? kind.additionalProperties;
    value = at(value, [step]);
    if (!schema) return undefined;
  }
  return schema;
}

/** What is written, with what its preset and the defaults say besides. */
function meant(written) {
  const values = { ...presetValues(written), ...copy(written) };
  for (const implied of SCHEMA["x-implies"]) {
    for (const [name, value] of Object.entries(implied.then)) {
      if (!(name in values) && fits(implied.if, written)) values[name] = value;
    }
  }
  for (const [name, field] of Object.entries(SCHEMA.properties)) {
    if (!(name in values) && "default" in field) values[name] = copy(field.default);
  }
  for (const [name, field] of Object.entries(SCHEMA.properties)) {
    if (!(name in written) && !matters(field, values)) delete values[name];
  }
  return values;
}

/** What the presets say that are chosen. */
function presetValues(written) {
  return Object.assign({}, ...Object.entries(SCHEMA.properties).map(
    ([name, field]) => field["x-presets"]?.[written[name]]?.values ?? {},
  ));
}

/** Whether a field means something, with the others as they are. */
const matters = (field, values) =>
  Object.entries(field["x-when"] ?? {}).every(([other, value]) => same(values[other], value));

/** How many of its base unit a quantity is; undefined if it is none. */
function amount(text, schema) {
  const quantity = (schema?.oneOf ?? [schema]).map((kind) => kind?.["x-quantity"]).find(Boolean);
  const found = /^([0-9.]+)([A-Za-z%]+)$/.exec(text);
  const unit = found && quantity?.units[found[2]];
  return unit ? Number(found[1]) * unit : undefined;
}

/** Everything that is wrong with what is written. */
function problems(written) {
  const values = meant(written);
  const size = (pointer) => {
    const value = at(values, steps(pointer));
    return typeof value === "number" ? value : amount(value, schemaAt(steps(pointer), values));
  };
  const crossed = SCHEMA["x-ascending"].filter((pair) => {
    const [less, more] = pair.fields.map(size);
    return less > more || (pair.strictly && less === more);
  });
  return [
    ...faults(SCHEMA, written, []),
    ...crossed.map((pair) => fault(steps(pair["x-at"]), pair["x-wrong"], pair["x-right"])),
  ];
}

const PLAIN = /^[A-Za-z][A-Za-z0-9_./-]*$/;
const NOT_PLAIN = new Set(["true", "false", "null", "yes", "no", "on", "off", "y", "n"]);

/** A value as YAML has it; texts in quotes unless they cannot be taken for anything else. */
function scalar(value, schema) {
  if (typeof value !== "string") return JSON.stringify(value);
  const plain = PLAIN.test(value) && !NOT_PLAIN.has(value.toLowerCase());
  return plain || amount(value, schema) !== undefined ? value : JSON.stringify(value);
}

/** The lines of YAML that a value is. */
function lines(value, path, values) {
  const inner = (step) => {
    const below = value[step];
    const schema = schemaAt([...path, step], values);
    return typeof below === "object" && Object.keys(below).length
      ? { text: null, below: lines(below, [...path, step], values) }
      : { text: typeof below === "object" ? JSON.stringify(below) : scalar(below, schema) };
  };
  if (Array.isArray(value)) {
    return value.flatMap((_, place) => {
      const { text, below } = inner(place);
      return text === null ? below.map((line, number) => (number ? "  " : "- ") + line) : [`- ${text}`];
    });
  }
  return Object.keys(value).flatMap((name) => {
    const { text, below } = inner(name);
    const key = scalar(name);
    return text === null ? [`${key}:`, ...below.map((line) => `  ${line}`)] : [`${key}: ${text}`];
  });
}

/** The file, with the titles of the fields as comments. */
function file(written) {
  const parts = Object.keys(SCHEMA.properties).filter((name) => name in written).map((name) => {
    const field = SCHEMA.properties[name];
    const fixed = field["x-immutable"] ? ". Cannot be changed later." : "";
    return [`# ${field.title}${fixed}`, ...lines({ [name]: written[name] }, [], written)].join("\n");
  });
  return `${parts.join("\n\n")}\n`;
}
