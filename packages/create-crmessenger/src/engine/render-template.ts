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

/**
 * Renders every file of a template. A file that is empty once its conditions are applied is left out. `_gitignore`
 * becomes `.gitignore`: npm leaves the latter out of packages.
 */
export async function renderTemplate(template: string, { names, flags }: TemplateInput): Promise<RenderedFiles> {
  const folder = join(TEMPLATES, template);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const rendered = new Map<string, string>();
  for (const file of files.toSorted()) {
    const path = file.slice(folder.length + 1).replaceAll(sep, "/");
    const text = replaceNames(selectLines(await readFile(file, "utf8"), flags, `${template}/${path}`), names);
    if (text.trim() !== "") rendered.set(replaceNames(path, names).replace(/(^|\/)_(?=[a-z])/, "$1."), text);
  }
  return rendered;
}
