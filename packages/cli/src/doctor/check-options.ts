import type { Plugin } from "@crmessenger/kernel";
import { type Finding, problem, well } from "./finding.ts";

/** Which plugins would refuse their options. */
export function checkOptions(plugins: readonly Plugin[]): readonly Finding[] {
  const found = plugins.flatMap(({ definition, options }) => {
    const issues = definition.options?.safeParse(options).error?.issues ?? [];
    return issues.map(({ path, message }) => {
      const place = path.length === 0 ? "" : ` at ${path.map(String).join(".")}`;
      return problem("options", `The options of "${definition.id}" are wrong${place}: ${message}.`);
    });
  });
  return found.length > 0 ? found : [well("options", "Every plugin takes its options.")];
}
