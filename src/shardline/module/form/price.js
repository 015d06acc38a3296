// The price of a month: the schema's table of rates, its formulas, and where their facts come from.

const PRICES = SCHEMA["x-prices"];

/** The fields that the price depends on. */
const PRICED = new Set([PRICES.region, ...JSON.stringify(PRICES.facts).match(/(?<=")\/[^"]+/g) ?? []]
  .map((pointer) => steps(pointer)[0]));

const OPERATIONS = {
  sum: (inner, value) => inner.map(value).reduce((one, other) => one + other, 0),
  product: (inner, value) => inner.map(value).reduce((one, other) => one * other, 1),
  max: (inner, value) => Math.max(...inner.map(value)),
  min: (inner, value) => Math.min(...inner.map(value)),
  up: (inner, value) => Math.ceil(Number(value(inner).toFixed(9))),
  first: (inner, value) => inner.map(value).find((one) => one !== undefined),
};

/** What an expression comes to. `names` are the facts and steps so far; `values` what is meant. */
function evaluate(expression, names, values) {
  const value = (inner) => evaluate(inner, names, values);
  if (typeof expression === "number") return expression;
  if (typeof expression === "string") return names[expression];
  if ("if" in expression) return value(fits(expression.if, values) ? expression.then : expression.else);
  const [[kind, inner]] = Object.entries(expression);
  if (kind in OPERATIONS) return OPERATIONS[kind](inner, value);
  const found = at(values, steps(inner));
  if (kind === "number") return typeof found === "number" ? found : undefined;
  if (kind === "count") return Array.isArray(found) ? found.length : 0;
  return amount(found, schemaAt(steps(inner), values));
}

/** The lines and the total, or undefined while what is written has no price. */
function price(written, load) {
  const values = meant(written);
  const region = at(values, steps(PRICES.region));
  const pricedAs = region in PRICES.rates ? region : PRICES.like;
  const rates = PRICES.rates[pricedAs];
  const names = { ...rates, ...load };
  for (const [name, expression] of Object.entries(PRICES.facts)) {
    names[name] = evaluate(expression, {}, values);
  }
  for (const [name, expression] of PRICES.steps) names[name] = evaluate(expression, names, values);
  const bill = PRICES.lines
    .map((line) => ({ ...line, amount: evaluate(line.amount, names, values) }))
    .filter((line) => line.amount)
    .map((line) => ({ ...line, dollars: line.amount * rates[line.rate] }));
  const total = bill.reduce((sum, line) => sum + line.dollars, 0);
  return Number.isFinite(total) ? { bill, total, pricedAs, region } : undefined;
}
