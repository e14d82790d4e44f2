import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Names, replaceNames } from "./replace-names.ts";
import { selectLines } from "./select-lines.ts";

/** Files by their path below the target folder, with `/` between folders. */
export type RenderedFiles = ReadonlyMap<string, string>;

export interface TemplateInput {
  readonly names: Names;
  /** What `#if` asks for. */
  readonly flags: ReadonlySet<string>;
}

const TEMPLATES = fileURLToPath(new URL("../../templates", import.meta.url));
/** What was written by hand, and what scripts/build-templates.mjs takes from the examples. A file is in one of them. */
const ORIGINS = ["own", "derived"];

/**
 * Renders every file of a template. A file that is empty once its conditions are applied is left out. `_gitignore`
 * becomes `.gitignore`: npm leaves the latter out of packages.
 */
export async function renderTemplate(template: string, { names, flags }: TemplateInput): Promise<RenderedFiles> {
  const rendered = new Map<string, string>();
  for (const folder of ORIGINS.map((origin) => join(TEMPLATES, origin, template))) {
    for (const file of await filesIn(folder)) {
      const path = file.slice(folder.length + 1).replaceAll(sep, "/");
      const text = replaceNames(selectLines(await readFile(file, "utf8"), flags, `${template}/${path}`), names);
      if (text.trim() !== "") rendered.set(replaceNames(path, names).replace(/(^|\/)_(?=[a-z])/, "$1."), text);
    }
  }
  return rendered;
}

async function filesIn(folder: string): Promise<readonly string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
