import { type Finding, advice, problem, well } from "./finding.ts";
import type { InstalledPackage } from "./installed-packages.ts";
import { satisfies } from "./satisfies.ts";

const ABOUT = "packages";
const KERNEL = "@crmessenger/kernel";

/** Whether there is one kernel, and whether the packages fit each other. */
export function checkPackages(packages: readonly InstalledPackage[]): readonly Finding[] {
  const kernels = packages.filter(({ name }) => name === KERNEL);
  const [kernel] = kernels;
  if (!kernel) return [problem(ABOUT, `${KERNEL} is not installed. Install the dependencies.`)];
  if (kernels.length > 1) return [severalKernels(kernels)];
  const found = packages.flatMap((installed) => strangersOf(installed, packages));
  return found.length > 0 ? found : [well(ABOUT, `One kernel (${kernel.version}), and every package fits it.`)];
}

function severalKernels(kernels: readonly InstalledPackage[]): Finding {
  const places = kernels.map(({ path, version }) => `${path} (${version})`).join(" and ");
  return problem(
    ABOUT,
    `There are ${kernels.length} copies of ${KERNEL}: ${places}. Let your package manager install one for all: update the plugins, then \`npm dedupe\`.`,
  );
}

/** What a package asks of ours beside it, and does not get. Other people's packages are other people's business. */
function strangersOf(installed: InstalledPackage, packages: readonly InstalledPackage[]): readonly Finding[] {
  return Object.entries(installed.peerDependencies)
    .filter(([name]) => name.startsWith("@crmessenger/"))
    .flatMap(([name, range]) => {
      const peer = packages.find((candidate) => candidate.name === name);
      if (!peer || satisfies(peer.version, range)) return [];
      const text = `${installed.name} ${installed.version} wants ${name} ${range}, and ${peer.version} is installed. Update the older of the two.`;
      return [advice(ABOUT, text)];
    });
}
