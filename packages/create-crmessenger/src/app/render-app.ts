import { packageVersions } from "../engine/package-versions.ts";
import { type RenderedFiles, renderTemplate } from "../engine/render-template.ts";
import { namesOf } from "../engine/replace-names.ts";
import type { AppChoices } from "./app-choices.ts";
import { appManifest } from "./app-manifest.ts";

/** The files of an application with these choices. Secrets are not among them. */
export async function renderApp(choices: AppChoices): Promise<RenderedFiles> {
  const versionOf = await packageVersions();
  const flags = new Set([...choices.channels, choices.database, ...choices.features]);
  const kebab = choices.name.replace(/^@[^/]*\//, "");
  const files = new Map(await renderTemplate("app", { names: namesOf(kebab), flags }));
  files.set("package.json", appManifest(choices, versionOf));
  return files;
}
