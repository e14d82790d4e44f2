import { inspect } from "node:util";

/** What a person is told of a failure: its sentence, or with `verbose` all there is. */
export function describeError(error: unknown, { verbose = false }: { readonly verbose?: boolean } = {}): string {
  if (verbose) return inspect(error, { depth: 5 });
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  return code === undefined ? `${message}\n(--verbose says where this comes from.)` : `${message} (${code})`;
}

/** Of what a plugin met, rather than that it met something. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, details } = error as { readonly code?: unknown; readonly details?: { readonly code?: unknown } };
  const inner = typeof details?.code === "string" ? details.code : code;
  return typeof inner === "string" && inner.startsWith("CRM_") ? inner : undefined;
}
