import type { Team } from "@crmessenger/kernel/iam";

/** Which teams are directly below which. */
export type TeamTree = ReadonlyMap<string, readonly string[]>;

export function treeOf(teams: readonly Team[]): TeamTree {
  const below = new Map<string, string[]>();
  for (const { id, parentId } of teams) {
    if (parentId === null) continue;
    const siblings = below.get(parentId);
    if (siblings) siblings.push(id);
    else below.set(parentId, [id]);
  }
  return below;
}

/** The teams with every team below them, each once, however the tree is tangled. */
export function withTeamsBelow(teamIds: readonly string[], tree: TeamTree): ReadonlySet<string> {
  const reached = new Set(teamIds);
  for (const id of reached) for (const below of tree.get(id) ?? []) reached.add(below);
  return reached;
}
