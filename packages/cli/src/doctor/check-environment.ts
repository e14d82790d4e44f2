import type { Plugin } from "@crmessenger/kernel";
import { type Finding, advice, problem, well } from "./finding.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Which environment variables plugins declare as required and are not set. Values are never shown. */
export function checkEnvironment(plugins: readonly Plugin[], environment: Environment): readonly Finding[] {
  const found = plugins.flatMap(({ definition, optional }) =>
    Object.entries(definition.config ?? {})
      .filter(([name, { required }]) => required === true && !environment[name])
      .map(([name, { description }]) => {
        const meaning = description === undefined ? "" : ` (${description.replace(/\.$/, "")})`;
        const text = `"${definition.id}" needs ${name}${meaning}. Set it, or put it into .env.`;
        return optional ? advice("environment", text) : problem("environment", text);
      }),
  );
  return found.length > 0 ? found : [well("environment", "Every required variable is set.")];
}
