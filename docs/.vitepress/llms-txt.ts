import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { withoutHiddenCode } from "./without-hidden-code.ts";

interface Page {
  readonly path: string;
  readonly title: string;
  readonly summary: string;
  readonly text: string;
}

/** In the order in which they are read. */
const SECTIONS = {
  "": "Start",
  concepts: "Concepts",
  "plugin-authors": "Plugin authors",
  operations: "Operations",
  reference: "Reference",
  decisions: "Decisions",
};

/**
 * Adds what language models read to the built site: `llms.txt`, a table of contents by the convention of that name;
 * `llms-full.txt`, all pages in one; and each page's Markdown beside its HTML, where the contents point.
 */
export async function writeLlmsTxt(root: string, paths: readonly string[], outDir: string): Promise<void> {
  const pages = await Promise.all(paths.filter((path) => path !== "index.md").map((path) => readPage(root, path)));
  const sections = Object.entries(SECTIONS).map(([folder, title]) => {
    const members = pages.filter(({ path }) => (path.includes("/") ? path.startsWith(`${folder}/`) : folder === ""));
    const lines = members.map((page) => `- [${page.title}](${page.path})${page.summary && `: ${page.summary}`}`);
    return `## ${title}\n\n${lines.join("\n")}\n`;
  });
  const head =
    "# CRMessenger\n\n> A plugin kernel for omnichannel CRM in TypeScript: contracts, plugins, hooks, commands, queries, events.\n";
  await writeFile(join(outDir, "llms.txt"), [head, ...sections].join("\n"));
  await writeFile(join(outDir, "llms-full.txt"), pages.map(({ text }) => text.trim()).join("\n\n---\n\n") + "\n");
  for (const { path, text } of pages) {
    await mkdir(dirname(join(outDir, path)), { recursive: true });
    await writeFile(join(outDir, path), text);
  }
}

async function readPage(root: string, path: string): Promise<Page> {
  const text = withoutHiddenCode(await readFile(join(root, path), "utf8"));
  const title = /^# (.+)$/m.exec(text)?.[1] ?? path;
  const paragraphs = text.slice(text.indexOf(title) + title.length).split(/\n{2,}/);
  const prose = paragraphs.find((paragraph) => /^(?!#|```|\||-|\d\.|<)\S/.test(paragraph)) ?? "";
  const sentence = prose.replaceAll("\n", " ").split(/(?<=\.)\s/)[0] ?? "";
  return { path, title, summary: sentence, text };
}
