import { z } from "zod";
import { block, cell, code, page, prose, table } from "./markdown.mjs";
import { docBefore, walk } from "./syntax.mjs";

/** What can be set: each plugin's options and the environment variables that it declares. */
export function configurationPage({ plugins }) {
  return page(
    "Configuration",
    "Options are passed where an application lists its plugins: `http({ port: 8080 })`. A plugin sees the environment variables that it declares and no others.",
    ...plugins.map(section),
  );
}

function section({ name, doc, owner, definition }) {
  const schema = z.toJSONSchema(definition.options, { io: "input", unrepresentable: "any" });
  const docs = optionDocs(owner, Object.keys(schema.properties ?? {}));
  return [
    `## ${definition.id}`,
    prose(doc),
    `${code(`import { ${name} } from "${owner.manifest.name}";`)}`,
    "### Options".concat(` of ${definition.id}`),
    optionsText(schema, docs),
    `### Environment of ${definition.id}`,
    environmentText(definition.config ?? {}),
  ].join("\n\n");
}

function optionsText(schema, docs) {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return "None.";
  const required = new Set(schema.required ?? []);
  const rows = properties.map(([name, property]) => [
    code(name),
    code(typeText(property).replaceAll("|", "\\|")),
    required.has(name) ? "required" : property.default === undefined ? "" : code(JSON.stringify(property.default)),
    cell(property.description ?? docs.get(name) ?? ""),
  ]);
  return [table(["option", "type", "default", "meaning"], rows), block("json", JSON.stringify(schema, null, 2))].join(
    "\n\n",
  );
}

function typeText(property) {
  if (property.enum) return property.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (property.const !== undefined) return JSON.stringify(property.const);
  const several = property.anyOf ?? property.oneOf;
  if (several) return [...new Set(several.map(typeText))].join(" | ");
  if (property.type === "array") return `${typeText(property.items ?? {})}[]`;
  return property.type ?? "a value of the program";
}

function environmentText(config) {
  const names = Object.entries(config);
  if (names.length === 0) return "None.";
  return table(
    ["variable", "secret", "required", "meaning"],
    names.map(([name, { secret, required, description }]) => [
      code(name),
      secret ? "yes" : "",
      required ? "yes" : "",
      cell(description ?? ""),
    ]),
  );
}

/** The doc comments in the object that the options are declared in: the one whose keys fit best. */
function optionDocs({ files }, names) {
  let best = { score: 0, docs: new Map() };
  for (const file of files)
    walk(file.program, (node) => {
      const callee = node.type === "CallExpression" ? node.callee.property?.name : undefined;
      if ((callee !== "object" && callee !== "strictObject") || node.arguments[0]?.type !== "ObjectExpression") return;
      const own = node.arguments[0].properties.filter(({ type }) => type === "Property");
      const fitting = own.filter(({ key }) => names.includes(key.name ?? key.value));
      const score = own.length === 0 ? 0 : fitting.length / Math.max(own.length, names.length);
      if (score <= best.score) return;
      best = { score, docs: new Map(fitting.map(({ key, start }) => [key.name ?? key.value, docBefore(file, start)])) };
    });
  return best.docs;
}
