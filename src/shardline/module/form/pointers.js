// Reading and changing values by JSON Pointer, as a list of steps: ["shards", "min"].
const SCHEMA = JSON.parse(document.getElementById("schema").textContent);

const steps = (pointer) => pointer.split("/").slice(1);
const pointerOf = (path) => path.map((step) => `/${step}`).join("");
const isGroup = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const copy = (value) => JSON.parse(JSON.stringify(value));

/** What stands at a path; undefined if nothing does. */
function at(value, path) {
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/** Put a value at a path, with the groups around it; undefined takes it away. */
function put(root, path, value) {
  let around = root;
  for (const step of path.slice(0, -1)) {
    if (typeof around[step] !== "object" || around[step] === null) around[step] = {};
    around = around[step];
  }
  const last = path.at(-1);
  if (value !== undefined) around[last] = value;
  else if (Array.isArray(around)) around.splice(last, 1);
  else delete around[last];
}
