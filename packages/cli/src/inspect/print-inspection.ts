import type { Inspection, PluginInspection } from "@crmessenger/kernel";
import type { SubscriptionState } from "@crmessenger/kernel/infrastructure";
import { type Tree, drawTree } from "../output/tree.ts";

const LINE_LENGTH = 100;

/** How far subscriptions are, as the database knows it; why not, where it can't be asked. */
export interface SubscriptionStates {
  readonly states: readonly SubscriptionState[];
  readonly problem?: string;
}

/** The live graph of a kernel for a person: plugins, contracts, extension points with their taps, subscriptions, jobs. */
export function printInspection(inspection: Inspection, subscriptions: SubscriptionStates): string {
  const sections = [
    { text: "plugins, in boot order", children: inspection.plugins.map(describePlugin) },
    { text: "contracts", children: contractsOf(inspection) },
    { text: "extension points, taps in order", children: inspection.hooks.map(describeHook) },
    { text: "subscriptions", children: subscriptionsOf(inspection, subscriptions) },
    { text: "jobs", children: jobsOf(inspection) },
  ];
  return sections.map(({ text, children }) => drawTree({ text, children: orNone(children) })).join("\n\n");
}

function orNone(children: readonly Tree[]): readonly Tree[] {
  return children.length > 0 ? children : [{ text: "none" }];
}

function describePlugin(plugin: PluginInspection): Tree {
  const marks = [
    ...(plugin.status === "failed" || plugin.status === "disabled" ? [plugin.status] : []),
    ...(plugin.optional ? ["optional"] : []),
    ...(plugin.placement === "in-process" ? [] : [plugin.placement]),
    `${milliseconds(plugin.bootMs + plugin.startMs)}`,
  ];
  const list = (what: string, entries: readonly string[]): Tree[] =>
    entries.length === 0 ? [] : [{ text: wrap(what, entries) }];
  return {
    text: `${plugin.id} ${plugin.version} (${marks.join(", ")})`,
    children: [
      ...(plugin.failure === undefined ? [] : [{ text: plugin.failure }]),
      ...list("needs", plugin.deps),
      ...list("provides", plugin.provides),
      ...list("serves", plugin.operations),
      ...list("routes", plugin.routes),
    ],
  };
}

function contractsOf({ contracts }: Inspection): readonly Tree[] {
  return Object.entries(contracts)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([contract, provider]) => ({ text: `${contract} ← ${provider}` }));
}

function describeHook({ name, kind, taps }: Inspection["hooks"][number]): Tree {
  return { text: `${name} (${kind})`, children: taps.map(({ plugin, stage }) => ({ text: `${plugin}, ${stage}` })) };
}

function subscriptionsOf({ plugins }: Inspection, { states, problem }: SubscriptionStates): readonly Tree[] {
  const names = plugins.flatMap(({ subscriptions }) => subscriptions.map(({ name }) => name));
  const lines = names.map((name) => ({ text: describeSubscription(name, states) }));
  return problem === undefined ? lines : [...lines, { text: `How far they are is not known: ${problem}` }];
}

function describeSubscription(name: string, states: readonly SubscriptionState[]): string {
  const state = states.find((candidate) => candidate.name === name);
  if (!state) return name;
  const dead = state.deadLetters > 0 ? `, ${state.deadLetters} dead letters` : "";
  const error = state.lastError === undefined ? "" : `; last error: ${state.lastError}`;
  return `${name}: at position ${state.position}, ${state.lag} behind${dead}${error}`;
}

function jobsOf({ plugins }: Inspection): readonly Tree[] {
  return plugins.flatMap(({ id, jobs }) => jobs.map((job) => ({ text: `${job} ← ${id}` })));
}

/** A list on as many lines as it takes. */
function wrap(what: string, entries: readonly string[]): string {
  const lines = [what];
  entries.forEach((entry, index) => {
    const text = index < entries.length - 1 ? `${entry},` : entry;
    const line = lines.at(-1) ?? "";
    if (line.length + text.length < LINE_LENGTH) lines[lines.length - 1] = `${line} ${text}`;
    else lines.push(`  ${text}`);
  });
  return lines.join("\n");
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}
