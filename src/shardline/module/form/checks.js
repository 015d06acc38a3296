// The part of JSON Schema that the schema uses, with words for people. A word of JSON Schema that is
// not known here stops the page, so that nothing is let through for want of looking.

const ANNOTATIONS = new Set([
  "$schema", "$id", "$comment", "title", "description", "default", "examples",
]);

const TYPES = {
  string: (value) => typeof value === "string",
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  array: (value) => Array.isArray(value),
  object: isGroup,
};

const forExample = (schema) => {
  const [first] = schema.examples ?? [];
  return typeof first === "string" || typeof first === "number" ? `for example ${first}` : "";
};
const isOneOf = (choices) => `possible are ${choices.join(", ")}`;
const none = () => [];

/** What each word of JSON Schema finds wrong: a list of {path, wrong, right}. */
const WORDS = {
  type: (type, value, schema, path) =>
    TYPES[type](value) ? [] : [fault(path, type === "integer" ? "this is not a whole number"
      : `this is not ${schema["x-kind"] ?? `of type ${type}`}`, forExample(schema))],
  enum: (choices, value, schema, path) =>
    choices.some((choice) => same(choice, value)) ? []
      : [fault(path, `${JSON.stringify(value)} is not possible`, isOneOf(choices))],
  const: (wanted, value, schema, path) =>
    same(wanted, value) ? [] : [fault(path, `this is not ${JSON.stringify(wanted)}`, "")],
  minLength: (least, value, schema, path) =>
    typeof value !== "string" || [...value].length >= least ? []
      : [fault(path, "this is empty", forExample(schema))],
  maxLength: (most, value, schema, path) =>
    typeof value !== "string" || [...value].length <= most ? []
      : [fault(path, `this has ${[...value].length} characters`, `${most} is the most`)],
  pattern: (pattern, value, schema, path) =>
    typeof value !== "string" || value === "" && schema.minLength
      || new RegExp(pattern, "u").test(value) ? []
      : [fault(path, `${JSON.stringify(value)} is not ${schema["x-kind"] ?? "possible here"}`,
        forExample(schema))],
  minimum: (least, value, schema, path) =>
    typeof value !== "number" || value >= least ? []
      : [fault(path, `${value} is too small`, `the least is ${least}`)],
  maximum: (most, value, schema, path) =>
    typeof value !== "number" || value <= most ? []
      : [fault(path, `${value} is too large`, `the most is ${most}`)],
  minItems: (least, value, schema, path) =>
    !Array.isArray(value) || value.length >= least ? []
      : [fault(path, "nothing is chosen", `${least} at least`)],
  maxItems: (most, value, schema, path) =>
    !Array.isArray(value) || value.length <= most ? []
      : [fault(path, `there are ${value.length}`, `${most} is the most`)],
  uniqueItems: (wanted, value, schema, path) => !wanted || !Array.isArray(value) ? []
    : value.flatMap((item, place) => value.slice(0, place).some((other) => same(other, item))
      ? [fault([...path, place], "this is in the list twice", "leave one of them out")] : []),
  items: (inner, value, schema, path) => !Array.isArray(value) ? []
    : value.flatMap((item, place) => faults(inner, item, [...path, place])),
  required: (names, value, schema, path) => !isGroup(value) ? []
    : names.filter((name) => !Object.hasOwn(value, name))
      .map((name) => fault([...path, name], "this is missing", "fill it in")),
  properties: (inner, value, schema, path) => !isGroup(value) ? []
    : Object.keys(inner).filter((name) => Object.hasOwn(value, name))
      .flatMap((name) => faults(inner[name], value[name], [...path, name])),
  additionalProperties: (inner, value, schema, path) => !isGroup(value) ? []
    : Object.keys(value).filter((name) => !Object.hasOwn(schema.properties ?? {}, name))
      .flatMap((name) => inner === false
        ? [fault([...path, name], "there is no such field", "")]
        : faults(inner, value[name], [...path, name])),
  propertyNames: (inner, value, schema, path) => !isGroup(value) ? []
    : Object.keys(value).flatMap((name) => faults({ type: "string", ...inner }, name, [...path, name])
      .map((one) => ({ ...one, wrong: `of the key, ${one.wrong}` }))),
  maxProperties: (most, value, schema, path) => !isGroup(value) || Object.keys(value).length <= most
    ? [] : [fault(path, `there are ${Object.keys(value).length}`, `${most} is the most`)],
  oneOf: (kinds, value, schema, path) => faults(alternative(kinds, value), value, path),
  anyOf: (kinds, value, schema, path) => kinds.some((kind) => fits(kind, value)) ? []
    : [fault(path, "this is not possible", "")],
  allOf: (kinds, value, schema, path) => kinds.flatMap((kind) => told(kind, faults(kind, value, path))),
  not: (kind, value, schema, path) => fits(kind, value) ? [fault(path, "this is not possible", "")] : [],
  if: (condition, value, schema, path) => {
    const branch = fits(condition, value) ? schema.then : schema.else;
    return branch === undefined ? [] : faults(branch, value, path);
  },
  then: none,
  else: none,
};

const fault = (path, wrong, right) => ({ path, wrong, right });
const fits = (schema, value) => faults(schema, value, []).length === 0;

/** The member of a union that a value is of: by its type, so that what is told is of that one. */
const alternative = (kinds, value) =>
  kinds.find((kind) => TYPES[kind.type](value)) ?? kinds[0];

/** A rule between fields tells what it has to tell in its own words, once. */
function told(rule, found) {
  if (!found.length || !rule["x-at"]) return found;
  return [fault(steps(rule["x-at"]), rule["x-wrong"], rule["x-right"])];
}

/** Everything that is wrong with a value. */
function faults(schema, value, path) {
  return Object.entries(schema).flatMap(([word, said]) => {
    if (word.startsWith("x-") || ANNOTATIONS.has(word)) return [];
    if (!Object.hasOwn(WORDS, word)) throw new Error(`this page does not know ${word}`);
    return WORDS[word](said, value, schema, path);
  });
}
