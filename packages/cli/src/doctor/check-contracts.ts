import { type Contract, type Plugin, contractId, contractName, createKernel } from "@crmessenger/kernel";
import { EventLog } from "@crmessenger/kernel/infrastructure";
import { type Finding, advice, problem, well } from "./finding.ts";
import { suggestPackages } from "./known-providers.ts";

const ABOUT = "contracts";
const KERNEL = "kernel";

/** Who provides what, by contract id; the first of several. */
type Providers = ReadonlyMap<string, string>;

/** What plugins need that the application lacks, or has in another version; and what it has twice. */
export async function checkContracts(plugins: readonly Plugin[]): Promise<readonly Finding[]> {
  const providers = new Map((await builtIn()).map((id) => [id, KERNEL]));
  const found: Finding[] = duplicateIds(plugins);
  for (const { definition } of plugins) {
    for (const id of Object.values(definition.provides ?? {}).map(contractId)) {
      const other = providers.get(id) ?? KERNEL;
      if (other === KERNEL) providers.set(id, definition.id);
      else found.push(problem(ABOUT, `Both "${other}" and "${definition.id}" provide ${id}. Leave one out.`));
    }
  }
  const once = new Map(plugins.map((plugin) => [plugin.definition.id, plugin]));
  for (const plugin of once.values()) found.push(...needsOf(plugin, providers));
  return found.length > 0 ? found : [well(ABOUT, "Every plugin has what it needs.")];
}

/** What every kernel provides by itself: a kernel without plugins knows. */
async function builtIn(): Promise<readonly string[]> {
  await using bare = await createKernel({ plugins: [], start: false });
  return Object.keys(bare.inspect().contracts);
}

function duplicateIds(plugins: readonly Plugin[]): Finding[] {
  const ids = plugins.map(({ definition }) => definition.id);
  const twice = new Set(ids.filter((id, index) => ids.indexOf(id) !== index));
  return [...twice].map((id) => problem(ABOUT, `The plugin "${id}" is listed twice. Leave one out.`));
}

function needsOf({ definition, optional }: Plugin, providers: Providers): readonly Finding[] {
  const { id, deps = {}, subscribe } = definition;
  const needed = [...Object.values(deps), ...(subscribe ? [EventLog] : [])];
  const say = optional ? advice : problem;
  return [...new Set(needed)]
    .filter((reference) => !providers.has(contractId(reference)))
    .map((reference) => say(ABOUT, lack(id, reference, providers)));
}

/** Names both ends: who needs it, and who has it in another version, if anybody. */
function lack(id: string, reference: Contract<unknown>, providers: Providers): string {
  const wanted = contractId(reference);
  const other = [...providers].find(([provided]) => provided.replace(/@\d+$/, "") === contractName(reference));
  if (!other) return `"${id}" needs ${wanted}, which no plugin provides.${suggestPackages(wanted)}`;
  const [provided, provider] = other;
  return `"${id}" needs ${wanted}, but "${provider}" provides ${provided}. Use versions of the two that agree.`;
}
