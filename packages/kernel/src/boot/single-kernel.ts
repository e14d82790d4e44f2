import { CrmError } from "../errors/crm-error.ts";

const KEY = Symbol.for("crmessenger:kernel-copies");

const copies = ((globalThis as { [KEY]?: Set<string> })[KEY] ??= new Set<string>());
copies.add(import.meta.url);

/** Two copies of the kernel in one process would not share the execution context: refuse, and say where they are. */
export function refuseSecondKernel(): void {
  if (copies.size < 2) return;
  throw new CrmError(
    "CRM_KERNEL_DUPLICATE",
    `Two copies of @crmessenger/kernel are loaded: ${[...copies].join(" and ")}. Let your package manager install one for all plugins.`,
    {
      details: { copies: [...copies] },
    },
  );
}
