import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseFile, walk } from "../reference/syntax.mjs";

/** A `.d.ts` file as what it declares, imports and passes on. */
const modules = new Map();

export function moduleOf(path) {
  const known = modules.get(path);
  if (known) return known;
  const { program } = parseFile(path);
  const module = { path, declared: new Map(), imported: new Map(), exported: new Map(), all: [] };
  modules.set(path, module);
  for (const statement of program.body) read(statement, module);
  return module;
}

function read(statement, module) {
  if (statement.type === "ImportDeclaration") {
    for (const { local, imported, type } of statement.specifiers) {
      const name = type === "ImportSpecifier" ? (imported.name ?? imported.value) : "*";
      module.imported.set(local.name, { source: statement.source.value, name });
    }
    return;
  }
  if (statement.type === "ExportAllDeclaration") {
    module.all.push(statement.source.value);
    return;
  }
  const exported = statement.type === "ExportNamedDeclaration" || statement.type === "ExportDefaultDeclaration";
  const node = exported ? statement.declaration : statement;
  for (const { local, exported: as } of statement.specifiers ?? []) {
    const name = local.name ?? local.value;
    if (statement.source) module.imported.set(`export ${name}`, { source: statement.source.value, name });
    module.exported.set(as.name ?? as.value, statement.source ? `export ${name}` : name);
  }
  for (const name of namesIn(node)) {
    module.declared.set(name, [...(module.declared.get(name) ?? []), node]);
    if (exported) module.exported.set(statement.type === "ExportDefaultDeclaration" ? "default" : name, name);
  }
}

function namesIn(node) {
  if (!node) return [];
  if (node.type === "VariableDeclaration") return node.declarations.map(({ id }) => id.name);
  return node.id?.name ? [node.id.name] : [];
}

/** The names that a module exports, with the module and local name behind each. */
export function exportsOf(path) {
  const module = moduleOf(path);
  const found = new Map();
  for (const source of module.all) {
    const target = resolve(module, source);
    if (target) for (const [name, place] of exportsOf(target)) if (name !== "default") found.set(name, place);
  }
  for (const [name, local] of module.exported) found.set(name, placeOf(module, local));
  return found;
}

/** Where a local name is declared: in this module, or behind its imports; a foreign package's name stays with it. */
export function placeOf(module, local) {
  if (module.declared.has(local)) return { module, name: local };
  const imported = module.imported.get(local);
  if (!imported) return undefined;
  const target = resolve(module, imported.source);
  if (!target) return { foreign: imported.source, name: imported.name };
  return exportsOf(target).get(imported.name);
}

/** The declaration file behind a relative import; undefined for packages. */
function resolve({ path }, source) {
  if (!source.startsWith(".")) return undefined;
  const target = join(dirname(path), source.replace(/\.(ts|js)$/, ".d.ts"));
  if (!existsSync(target)) throw new Error(`${path} imports ${source}, which was not built.`);
  return target;
}

/** The places that a declaration mentions: names of its module, and `import("./other.ts").Name`. */
export function mentionsIn(module, node) {
  const places = [];
  walk(node, (inner) => {
    if (inner.type === "Identifier") places.push(placeOf(module, inner.name));
    if (inner.type !== "TSImportType") return;
    const target = resolve(module, inner.source.value);
    const name = leftmost(inner.qualifier);
    if (target && name) places.push(exportsOf(target).get(name));
  });
  return places;
}

/** `A` of `A.B.C`. */
function leftmost(name) {
  return name?.type === "TSQualifiedName" ? leftmost(name.left) : name?.name;
}
