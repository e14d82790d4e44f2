import { byName, cell, code, page, prose } from "./markdown.mjs";
import { declarationsOf, docBefore } from "./syntax.mjs";

const KINDS = {
  guardPoint: ["guard", "may refuse: a deny wins, a throw counts as a deny"],
  transformPoint: ["transform", "may change a draft: each tap gets what the one before it returned, a throw aborts"],
  aroundPoint: ["around", "wraps the operation: a throw is the operation's failure"],
  observePoint: ["observe", "watches after the fact: a throw is reported and harms nobody"],
};

/** Every hook point of an exported `*Hooks` object. */
export function hookPointsOf(packages) {
  return packages
    .flatMap((owner) => owner.files.flatMap((file) => hookPointsIn(file, owner)))
    .toSorted((a, b) => byName(a.name, b.name));
}

function hookPointsIn(file, owner) {
  return declarationsOf(file)
    .filter(({ name, exported, node }) => exported && name.endsWith("Hooks") && node.init?.type === "CallExpression")
    .flatMap(({ name: group, node }) =>
      (node.init.arguments[0]?.properties ?? []).map(({ key, value, start }) => {
        const types = (value.typeArguments?.params ?? []).map((type) => file.text.slice(type.start, type.end));
        return {
          group,
          property: key.name,
          maker: value.callee.name,
          name: value.arguments[0].value,
          input: types[0] ?? "unknown",
          output: types[1],
          doc: docBefore(file, start),
          owner,
          area: file.path.match(/packages\/kernel\/src\/([^/]+)\//)?.[1],
        };
      }),
    );
}

export function extensionPointsPage({ packages, plugins, problems }) {
  const points = hookPointsOf(packages);
  for (const { doc, name } of points)
    if (doc === "")
      problems.push(`The hook point ${name} has no doc comment: say when it runs, how often, what a throw does.`);
  return page(
    "Extension points",
    "Where plugins join in: `extend(hooks) { hooks.tap(SalesHooks.leadDraft, …) }`. Taps run in stages (first, early, normal, late, last) and, within one, in boot order; each has a deadline.",
    Object.values(KINDS)
      .map(([kind, meaning]) => `- **${kind}** ${meaning}.`)
      .join("\n"),
    ...points.map((point) => section(point, plugins)),
  );
}

function section({ group, property, maker, name, input, output, doc, owner, area }, plugins) {
  const callers = plugins
    .filter(({ definition }) => (definition.hooks ?? []).some((point) => point.name === name))
    .map(({ definition }) => definition.id);
  if (group === "KernelHooks") callers.push("the kernel");
  const entry =
    owner.name === "kernel" ? `${owner.manifest.name}${area === "bus" ? "" : `/${area}`}` : owner.manifest.name;
  return [
    `## ${name}`,
    prose(doc),
    [
      `- **Reference** ${code(`${group}.${property}`)} of ${code(entry)}`,
      `- **Kind** ${KINDS[maker][0]}`,
      `- **Input** ${code(input)}${output ? `, **output** ${code(output)}` : ""}`,
      `- **Run by** ${callers.length === 0 ? "nobody yet" : cell(callers.join(", "))}`,
    ].join("\n"),
  ].join("\n\n");
}
