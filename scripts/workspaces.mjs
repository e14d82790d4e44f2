import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Every workspace: where it is, what group it belongs to, and its manifest. */
export function workspaces() {
  const groups = ["packages", "plugins", "examples"].flatMap((group) =>
    readdirSync(group)
      .filter((name) => existsSync(join(group, name, "package.json")))
      .map((name) => ({ group, name, path: `${group}/${name}` })),
  );
  return [...groups, { group: "bench", name: "bench", path: "bench" }].map((workspace) => ({
    ...workspace,
    manifest: JSON.parse(readFileSync(join(workspace.path, "package.json"), "utf8")),
  }));
}

/** All files below a folder, as paths. */
export function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" || entry.name === "dist" ? [] : filesBelow(path);
    return statSync(path).isFile() ? [path] : [];
  });
}
