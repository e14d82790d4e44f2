/** Whether a pattern (`sales.lead.read`, `sales.*`, `*`) covers a permission. */
export function covers(pattern: string, permission: string): boolean {
  if (!pattern.endsWith("*")) return pattern === permission;
  return permission.startsWith(pattern.slice(0, -1));
}
