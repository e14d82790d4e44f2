import { readdir } from "node:fs/promises";
import { ScaffoldError } from "../scaffold-error.ts";

/** What a version control system, a system or an editor leaves behind does not count. */
const HARMLESS = [".git", ".DS_Store", ".idea", ".vscode", "Thumbs.db"];

/** Rejects with `CRM_SCAFFOLD_FOLDER` when there is something in the folder already. */
export async function refuseUsedFolder(folder: string): Promise<void> {
  const found = (await entriesOf(folder)).filter((name) => !HARMLESS.includes(name));
  if (found.length === 0) return;
  const some = found.slice(0, 3).join(", ");
  const more = found.length > 3 ? ", …" : "";
  throw new ScaffoldError(
    "CRM_SCAFFOLD_FOLDER",
    `The folder ${folder} is not empty (${some}${more}). Name another one.`,
  );
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    if (code === "ENOTDIR") throw new ScaffoldError("CRM_SCAFFOLD_FOLDER", `${folder} is a file. Name a folder.`);
    throw error;
  }
}
