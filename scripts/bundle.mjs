/**
 * Writes a package's JavaScript: a bundle for each of its entries, and chunks for what they share or load later. Node
 * takes longer to find a module than to run it, and whoever starts an application imports packages as a whole. Types
 * stay as tsc writes them, a file for each source. Run in the package's folder, after tsc.
 */
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { rolldown } from "rolldown";

const SOURCE = "@crmessenger/source";
const OUT = "dist";

const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const entries = Object.values(exports).filter((entry) => typeof entry === "object");
const input = Object.fromEntries(entries.map((entry) => [nameOf(entry.default), resolve(entry[SOURCE])]));

await using bundle = await rolldown({
  input,
  platform: "node",
  // Everything but the package's own files, which are imported by relative paths.
  external: (id) => !/^[./]/.test(id) && !/^[a-z]:[\\/]/i.test(id),
});
for (const file of readdirSync(OUT, { recursive: true })) if (/\.js(\.map)?$/.test(file)) rmSync(join(OUT, file)); // chunks of an earlier build have other names
await bundle.write({
  dir: OUT,
  format: "esm",
  sourcemap: true,
  entryFileNames: "[name].js",
  chunkFileNames: "chunks/[name]-[hash].js",
});

/** `./dist/receiver/index.js` is the entry `receiver/index`. */
function nameOf(path) {
  return path.slice(`./${OUT}/`.length, -".js".length);
}
