import type { Explanation } from "@crmessenger/kernel";
import { type Tree, drawTree } from "../output/tree.ts";

type Step = Explanation["steps"][number];

const MAX_VALUE_LENGTH = 80;

/** An explanation for a person: every tap in order, with what it decided and changed, and who had the last word. */
export function printExplanation({ operation, actor, outcome, error, steps }: Explanation): string {
  const children = steps.map(describeStep);
  const tree = drawTree({
    text: `${operation} by ${actor}: ${outcome}`,
    children: children.length > 0 ? children : [{ text: "no plugin has a hand in it" }],
  });
  const refusal = error === undefined ? [] : ["", `${error.message} (${error.code})`];
  return [tree, ...lastWords(steps), ...refusal].join("\n");
}

function describeStep({ point, kind, plugin, stage, milliseconds, ...done }: Step): Tree {
  const verdict = done.verdict === undefined ? "" : `: ${done.verdict}`;
  const reason = done.reason === undefined ? "" : ` (${done.reason})`;
  const children = [
    ...(done.changes ?? []).map(({ path, from, to }) => ({ text: `${path}: ${show(from)} → ${show(to)}` })),
    ...(done.error === undefined ? [] : [{ text: `${done.error.message} (${done.error.code})` }]),
  ];
  const time = milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds);
  return { text: `${kind} ${point}, ${plugin} at stage ${stage}, ${time} ms${verdict}${reason}`, children };
}

/** One sentence for each field that was changed: what it is now, and because of whom. */
function lastWords(steps: readonly Step[]): readonly string[] {
  const last = new Map<string, string>();
  for (const { point, plugin, stage, changes = [] } of steps)
    for (const { path, to } of changes)
      last.set(
        `${point} ${path}`,
        `${path} is ${show(to)} because ${plugin} changed it at stage ${stage} of ${point}.`,
      );
  return last.size === 0 ? [] : ["", ...last.values()];
}

function show(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
}
