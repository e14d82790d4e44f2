/** The reason a Baileys connection ended with, as it reports it on the error (`DisconnectReason`); 0 if it names none. */
export function statusOf(error: unknown): number {
  const output = typeof error === "object" && error !== null && "output" in error ? error.output : undefined;
  const code = typeof output === "object" && output !== null && "statusCode" in output ? output.statusCode : undefined;
  return typeof code === "number" ? code : 0;
}
