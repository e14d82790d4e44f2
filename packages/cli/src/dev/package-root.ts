import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The nearest folder, this one or above, with a package.json: what is below it belongs together. */
export function packageRoot(folder: string): string {
  for (let place = folder; ; place = dirname(place)) {
    if (existsSync(join(place, "package.json"))) return place;
    if (dirname(place) === place) return folder;
  }
}
