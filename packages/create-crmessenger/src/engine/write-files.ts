import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RenderedFiles } from "./render-template.ts";

/** Writes the files below the folder, which is made when it is not there. Existing files are never overwritten. */
export async function writeFiles(folder: string, files: RenderedFiles): Promise<void> {
  for (const [path, text] of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text, { flag: "wx" });
  }
}
