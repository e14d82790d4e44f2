/**
 * Compiles every TypeScript block of the READMEs and of docs/. A block is a module of its own and sees the packages
 * as their users do. Blocks that begin with `// …` are fragments and are left out.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesBelow, workspaces } from "./workspaces.mjs";

const FOLDER = "examples/.documented";
const pages = [
  "README.md",
  ...workspaces().map(({ path }) => `${path}/README.md`),
  ...filesBelow("docs").filter((file) => file.endsWith(".md")),
].filter(existsSync);

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const origins = new Map();
for (const page of pages) {
  const text = readFileSync(page, "utf8");
  for (const match of text.matchAll(/^```ts\n([\s\S]*?)^```/gm)) {
    const code = match[1];
    if (code.startsWith("// …")) continue;
    const name = `${page.replace(/\W+/g, "-")}-${origins.size}.ts`;
    const line = text.slice(0, match.index).split("\n").length + 1;
    origins.set(name, `${page}:${line}`);
    writeFileSync(join(FOLDER, name), `${code}\nexport {};\n`);
  }
}
writeFileSync(
  join(FOLDER, "tsconfig.json"),
  JSON.stringify({
    extends: "../../tsconfig.base.json",
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      declarationMap: false,
      rootDir: "../..",
      types: ["node"],
      customConditions: [],
    },
    include: ["*.ts"],
  }),
);
try {
  execFileSync("tsc", ["-p", FOLDER], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  console.log(`examples: ${origins.size} in ${pages.length} pages, all compile`);
} catch (error) {
  let output = String(error.stdout);
  for (const [name, origin] of origins) output = output.replaceAll(`${FOLDER}/${name}`, `${origin} `);
  console.error(output);
  process.exitCode = 1;
} finally {
  rmSync(FOLDER, { recursive: true, force: true });
}
