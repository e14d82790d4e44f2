import { CrmError } from "../errors/crm-error.ts";
import { STAGES, type Tap } from "./tap.ts";

/**
 * Sorts taps by stage, then by `before` and `after` within the stage, otherwise by the order of registration (which
 * is the boot order of the plugins). A neighbour that is `absent` is passed over.
 */
export function orderTaps<T extends Tap>(point: string, taps: readonly T[], absent: ReadonlySet<string>): readonly T[] {
  const known = new Set(taps.map((tap) => tap.plugin));
  for (const tap of taps) {
    const stranger = [...tap.before, ...tap.after].find((id) => !known.has(id) && !absent.has(id));
    if (stranger === undefined) continue;
    throw new CrmError(
      "CRM_HOOK_UNKNOWN_NEIGHBOUR",
      `Plugin "${tap.plugin}" wants its tap of ${point} before or after "${stranger}", which does not tap it. Taps are: ${[...known].join(", ")}.`,
      { details: { point, plugin: tap.plugin, neighbour: stranger } },
    );
  }
  return STAGES.flatMap((stage) =>
    orderWithin(
      point,
      taps.filter((tap) => tap.stage === stage),
    ),
  );
}

function orderWithin<T extends Tap>(point: string, taps: readonly T[]): T[] {
  const mustFollow = (later: T, earlier: T) =>
    later.after.includes(earlier.plugin) || earlier.before.includes(later.plugin);
  const rest = [...taps];
  const ordered: T[] = [];
  while (rest.length > 0) {
    const next = rest.findIndex((tap) => !rest.some((other) => other !== tap && mustFollow(tap, other)));
    if (next < 0) {
      const ids = rest.map((tap) => tap.plugin).join(", ");
      throw new CrmError("CRM_HOOK_CYCLE", `The taps of ${point} by ${ids} want to run before each other.`, {
        details: { point },
      });
    }
    ordered.push(...rest.splice(next, 1));
  }
  return ordered;
}
