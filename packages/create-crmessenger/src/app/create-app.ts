import { writeFiles } from "../engine/write-files.ts";
import { packageNameProblem, refuseName } from "../target/check-name.ts";
import { refuseUsedFolder } from "../target/refuse-used-folder.ts";
import type { AppChoices } from "./app-choices.ts";
import { environmentFile } from "./environment-file.ts";
import { renderApp } from "./render-app.ts";

/**
 * Writes an application into the folder, which has to be empty or not there: `CRM_SCAFFOLD_FOLDER`. A name that npm
 * would not take is `CRM_SCAFFOLD_NAME`. Answers the paths that were written.
 */
export async function createApp(folder: string, choices: AppChoices): Promise<readonly string[]> {
  refuseName(packageNameProblem(choices.name));
  await refuseUsedFolder(folder);
  const files = new Map(await renderApp(choices));
  files.set(".env", environmentFile(files.get(".env.example") ?? ""));
  await writeFiles(folder, files);
  return [...files.keys()];
}
