import { z } from "zod";
import { block, byName, cell, code, page, prose, table } from "./markdown.mjs";
import { declarationsOf, docBefore } from "./syntax.mjs";

/** Every exported event with its doc comment, in order of topic. */
function eventsOf(packages, entries) {
  const modules = Object.entries(entries);
  return packages
    .flatMap((owner) =>
      owner.files.flatMap((file) =>
        declarationsOf(file)
          .filter(({ node, exported }) => exported && node.init?.callee?.name === "defineEvent")
          .map(({ name, statement }) => ({ name, doc: docBefore(file, statement.start) })),
      ),
    )
    .map(({ name, doc }) => {
      const [entry, module] = modules.find(([, exports]) => exports[name]?.topic) ?? [];
      return { name, doc, entry, event: module?.[name] };
    })
    .toSorted((a, b) => byName(a.event?.topic ?? a.name, b.event?.topic ?? b.name));
}

export function eventsPage({ packages, entries, problems }) {
  const events = eventsOf(packages, entries);
  for (const { name, doc, event } of events) {
    if (!event) problems.push(`The event ${name} is exported by no entry of its package.`);
    else if (!/Aggregate: `/.test(doc))
      problems.push(`The doc comment of ${name} should say when it is recorded and end with its aggregate.`);
  }
  const known = events.filter(({ event }) => event);
  return page(
    "Events",
    "Facts, recorded in the transaction that makes them true and delivered after it: at least once, in order for each aggregate. A subscriber names a version and keeps getting it, whatever the current one is.",
    table(
      ["topic", "versions", "aggregate", "recorded when"],
      known.map(({ event, doc }) => [
        `[${event.topic}](#${event.topic.replaceAll(".", "-")})`,
        versionNumbers(event).join(", "),
        code(aggregateOf(doc)),
        cell(meaningOf(doc)),
      ]),
    ),
    ...known.map(section),
  );
}

const versionNumbers = (event) =>
  Object.keys(event.versions)
    .map(Number)
    .toSorted((a, b) => a - b);
const aggregateOf = (doc) => doc.match(/Aggregate: `([^`]+)`/)?.[1] ?? "?";
const meaningOf = (doc) => doc.replace(/\s*Aggregate: `[^`]+`\.?/, "");

function section({ name, doc, entry, event }) {
  const versions = versionNumbers(event);
  const schemas = versions.toReversed().map((version) => {
    const schema = z.toJSONSchema(event.versions[version], { io: "output" });
    const steps = stepText(event.steps?.[version], version);
    return [`### ${event.topic} version ${version}`, steps, block("json", JSON.stringify(schema, null, 2))]
      .filter((part) => part !== "")
      .join("\n\n");
  });
  return [
    `## ${event.topic}`,
    prose(meaningOf(doc)),
    `- **Reference** ${code(name)} of ${code(entry)}\n- **Aggregate** ${code(aggregateOf(doc))}`,
    ...schemas,
  ].join("\n\n");
}

/** What the way to the next version renames, and what the way back loses. */
function stepText(step, version) {
  if (!step) return "";
  const renames = Object.entries(step.renames ?? {}).map(
    ([from, to]) => `${code(from)} is ${code(to)} from version ${version + 1} on`,
  );
  const loses = (step.loses ?? []).length > 0 ? [`this version has no ${step.loses.map(code).join(", ")}`] : [];
  const parts = [...renames, ...loses];
  return parts.length === 0 ? "" : `${parts.join("; ")}.`;
}
