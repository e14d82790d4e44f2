import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { knownNames } from "./known-names.mjs";
import { anchor, block, byName, cell, code, page, prose, table } from "./markdown.mjs";
import { declarationsOf, docBefore, docCommentBefore, parseFile } from "./syntax.mjs";

const AREAS = ["iam", "sales", "communication", "automation", "infrastructure", "http", "extensibility", "analytics"];

/** Every `export const X = contract<X>("area.x", 1)` with the interface of the same name. */
export function contractsOf(packages) {
  return packages
    .flatMap((owner) => owner.files.flatMap((file) => contractsIn(file, owner)))
    .toSorted((a, b) => byName(a.id, b.id));
}

function contractsIn(file, owner) {
  const declarations = declarationsOf(file);
  return declarations
    .filter(({ node }) => node.init?.callee?.name === "contract" && node.init.arguments[0]?.value)
    .map(({ name, node, statement }) => {
      const [contractName, major] = node.init.arguments;
      const types = declarations.filter(({ node: other }) => other.type.startsWith("TS"));
      const own = types.find((other) => other.name === name);
      return {
        name,
        id: `${contractName.value}@${major.value}`,
        area: contractName.value.split(".")[0],
        owner,
        file,
        doc: own ? docBefore(file, own.statement.start) : docBefore(file, statement.start),
        bases: (own?.node.extends ?? []).map(({ start, end }) => file.text.slice(start, end)),
        source: types.filter(({ exported }) => exported).map(({ statement: type }) => sourceOf(file, type)),
      };
    });
}

/** A declaration as it stands in its file, with its doc comment. */
function sourceOf(file, { start, end }) {
  return file.text.slice(docCommentBefore(file, start)?.start ?? start, end);
}

export async function contractsPage({ packages, plugins, entries, suites, problems }) {
  const kernel = packages.find(({ name }) => name === "kernel");
  checkSuites(kernel, suites, problems);
  const own = await ownContracts(kernel);
  const { reachOf } = await import(pathToFileURL(`${kernel.path}/dist/contract.js`).href);
  const contracts = contractsOf(packages).map((contract) => ({
    ...contract,
    doc: contract.doc || inheritedDoc(contract, problems),
    from: entryWith(entries, contract, problems),
    providers: providersOf(contract.id, plugins, own),
    suite: suiteOf(contract, suites, problems),
    reach: reachText(reachOf(Symbol.for(`crmessenger:${contract.id}`))),
  }));
  const areas = [...new Set([...AREAS, ...contracts.map(({ area }) => area)])];
  const sections = areas.flatMap((area) => {
    const own = contracts.filter((contract) => contract.area === area);
    return own.length === 0
      ? []
      : [`## ${area}`, ...own.map(contractSection), ...typesOf(area, kernel, contracts, suites)];
  });
  return page(
    "Contracts",
    "What plugins depend on and provide. A plugin names a contract in `deps` and gets the implementation; another one names it in `provides`. The number after `@` is the contract's major: it rises when callers or implementations written for the old one would break.",
    table(
      ["contract", "id", "implemented by", "verified by"],
      contracts.map((contract) => [
        `[${contract.name}](#${anchor(contract.name)})`,
        code(contract.id),
        cell(contract.providers),
        cell(contract.suite),
      ]),
    ),
    ...sections,
    ...sharedSections(packages),
    ...namesSection(packages, problems),
  );
}

/** The rest of an area: what plugins implement without a reference, and the data that contracts deal in. */
function typesOf(area, kernel, contracts, suites) {
  const known = new Set(contracts.map(({ name }) => name));
  const shown = new Set(contracts.map(({ file }) => file.path));
  const types = exportsOf(`${kernel.path}/src/${area}/index.ts`)
    .filter(({ name, node }) => node.type.startsWith("TS") && !known.has(name))
    .toSorted((a, b) => byName(a.name, b.name));
  if (types.length === 0) return [];
  const rows = types.map(({ name, doc }) => [
    code(name),
    cell(firstSentence(doc)),
    suitesIn(`${doc} \`describe${name}\``)
      .filter((suite) => suites.all.has(suite))
      .slice(0, 1)
      .map(code)
      .join(""),
  ]);
  const unshown = types
    .filter(({ file }) => !shown.has(file.path))
    .map(({ file, statement }) => sourceOf(file, statement));
  return [
    `### Types of ${area}`,
    "What plugins implement without a reference, and the data that contracts deal in.",
    table(["type", "what it is", "verified by"], rows),
    ...(unshown.length === 0 ? [] : [block("ts", unshown.join("\n\n"))]),
  ];
}

/** What an index exports: the declarations behind its specifiers. */
function exportsOf(path) {
  return parseFile(path)
    .program.body.filter(({ type, source }) => type === "ExportNamedDeclaration" && source)
    .flatMap(({ source, specifiers }) => {
      const file = parseFile(join(dirname(path), source.value));
      const names = new Set(specifiers.map(({ local }) => local.name));
      return declarationsOf(file)
        .filter(({ name }) => names.has(name))
        .map((found) => ({ ...found, file, doc: docBefore(file, found.statement.start) }));
    });
}

const firstSentence = (doc) => doc.replaceAll("\n", " ").match(/^.*?[.](?=\s|$)/)?.[0] ?? doc;

/** A contract that only narrows another one may leave the words to it. */
function inheritedDoc({ id, bases }, problems) {
  if (bases.length > 0) return `As any \`${bases.join("`, `")}\`.`;
  problems.push(`The contract ${id} has no doc comment: say what it promises, its errors and units.`);
  return "";
}

function contractSection({ name, id, from, doc, providers, suite, reach, source }) {
  const facts = [
    `**Import** ${from}`,
    `**Id** ${code(id)}`,
    `**Implemented by** ${providers}`,
    `**Verified by** ${suite}`,
    `**From a worker** ${reach}`,
  ];
  return [`### ${name}`, prose(doc), facts.map((fact) => `- ${fact}`).join("\n"), block("ts", source.join("\n\n"))]
    .filter((part) => part !== "")
    .join("\n\n");
}

function entryWith(entries, { name, id }, problems) {
  const symbol = Symbol.for(`crmessenger:${id}`);
  const found = Object.entries(entries)
    .filter(([, module]) => module[name] === symbol)
    .map(([entry]) => entry);
  if (found.length === 0) problems.push(`The contract ${id} is exported by no entry of its package.`);
  return found.map(code).join(", ");
}

/** The kernel answers its own contracts; the rest is what plugins declare. */
function providersOf(id, plugins, own) {
  const symbol = Symbol.for(`crmessenger:${id}`);
  const names = plugins
    .filter(({ definition }) => Object.values(definition.provides ?? {}).includes(symbol))
    .map(({ owner }) => owner.manifest.name);
  const all = [...new Set(own.has(id) ? ["the kernel", ...names] : names)];
  return all.length === 0 ? "nobody yet" : all.join(", ");
}

/** What a kernel without any plugin provides. */
async function ownContracts({ path }) {
  const { createKernel } = await import(pathToFileURL(`${path}/dist/index.js`).href);
  await using bare = await createKernel({ plugins: [] });
  return new Set(Object.keys(bare.inspect().contracts));
}

/** The suites that a doc comment names. */
const suitesIn = (doc) => [...doc.matchAll(/`(describe[A-Z]\w*)`/g)].map(([, suite]) => suite);

/** Every suite that a doc comment of the kernel names exists. */
function checkSuites({ files }, suites, problems) {
  for (const file of files)
    for (const { value } of file.comments)
      for (const suite of suitesIn(value))
        if (!suites.all.has(suite)) problems.push(`${file.path} names ${suite}, which @crmessenger/testing lacks.`);
}

/** Names the suite of a contract, and sees that doc comment and suites agree. */
function suiteOf({ id, name, doc, bases }, suites, problems) {
  const named = suitesIn(doc);
  const own = `describe${name}`;
  if (suites.all.has(own) && !named.includes(own))
    problems.push(`${own} exists: the doc comment of ${id} should name it.`);
  const inherited = bases.some((base) => base.startsWith("Repository<")) ? ["describeRepository"] : [];
  const required = [suites.ofContracts[name] ?? [], suites.ofRegistries[name] ?? []].flat();
  const all = [...new Set([...named, ...inherited, ...required])].filter((suite) => suites.all.has(suite));
  return all.length === 0 ? "no suite yet" : all.map(code).join(", ");
}

function reachText(reach) {
  if (reach === "local") return "every worker has its own";
  const members = Object.entries(reach).map(
    ([member, how]) => `${code(member)} ${typeof how === "string" ? REACH[how] : "makes an object there"}`,
  );
  return members.length === 0 ? "every method" : `asynchronous methods; ${members.join("; ")}`;
}

const REACH = {
  wait: "waits for its answer",
  read: "is read across",
  tell: "is told in order",
  undo: "is told, and can be undone",
  absent: "is not reachable",
};

/** Interfaces that several contracts are made of. */
function sharedSections(packages) {
  const shared = ["repository", "registry", "criteria", "page", "entity-ref", "mapping-definition"];
  const kernel = packages.find(({ name }) => name === "kernel");
  const sections = shared.map((name) => {
    const file = parseFile(`${kernel.path}/src/infrastructure/${name}.ts`);
    const types = declarationsOf(file).filter(({ node, exported }) => exported && node.type.startsWith("TS"));
    return [`### ${name}`, block("ts", types.map(({ statement }) => sourceOf(file, statement)).join("\n\n"))].join(
      "\n\n",
    );
  });
  return ["## What contracts share", "All of `@crmessenger/kernel/infrastructure`.", ...sections];
}

/** What other systems and books call things, and what answers to it here. */
function namesSection(packages, problems) {
  const exported = new Set(
    packages
      .filter(({ name }) => name === "kernel")
      .flatMap(({ files }) => files.flatMap((file) => declarationsOf(file).filter((found) => found.exported)))
      .map(({ name }) => name),
  );
  const rows = knownNames.map(([known, ours, note]) => {
    for (const name of ours)
      if (!exported.has(name)) problems.push(`known-names.mjs: "${known}" points at ${name}, which the kernel lacks.`);
    return [cell(known), ours.map(code).join(", "), cell(note)];
  });
  return [
    "## Names you may know",
    "CRM systems and pattern books have their own names for these things. This is what answers to them here.",
    table(["elsewhere", "here", "how"], rows),
  ];
}
