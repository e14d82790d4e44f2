import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { writeLlmsTxt } from "./llms-txt.ts";
import { withoutHiddenCode } from "./without-hidden-code.ts";

const ROOT = join(import.meta.dirname, "..");

/** Pages in the order in which they are read. What is in the folder and not in this list follows. */
const CONCEPTS = [
  "kernel",
  "contracts",
  "plugins",
  "hooks",
  "commands-queries-events",
  "versions",
  "units-of-work",
  "event-log",
  "channels",
  "storage",
  "custom-fields",
  "webhooks",
  "analytics",
  "access",
  "isolation",
  "embedding",
  "patterns",
];
const PLUGIN_AUTHORS = ["first-plugin", "channel", "storing-data", "testing", "publishing"];
const OPERATIONS = ["running", "postgresql", "secrets", "health", "backups"];

export default defineConfig({
  title: "CRMessenger",
  description: "A plugin kernel for omnichannel CRM in TypeScript.",
  lang: "en",
  base: process.env["DOCS_BASE"] ?? "/",
  cleanUrls: true,
  ignoreDeadLinks: false,
  // Angle brackets in prose and in generated pages are text, never components.
  markdown: {
    html: false,
    config: (markdown) => {
      markdown.core.ruler.before("normalize", "hidden-code", (state) => {
        state.src = withoutHiddenCode(state.src);
      });
    },
  },
  // The index of the local search holds the whole reference, and is loaded when somebody searches.
  vite: { build: { chunkSizeWarningLimit: 4_000 } },
  themeConfig: {
    nav: [
      { text: "Getting started", link: "/getting-started" },
      { text: "Plugin authors", link: "/plugin-authors/first-plugin" },
      { text: "Operations", link: "/operations/running" },
      { text: "Reference", link: `/reference/${first("reference")}` },
      { text: "Decisions", link: `/decisions/${first("decisions")}` },
    ],
    sidebar: [
      { text: "Start", items: [{ text: "Getting started", link: "/getting-started" }] },
      section("Concepts", "concepts", CONCEPTS),
      section("Plugin authors", "plugin-authors", PLUGIN_AUTHORS),
      section("Operations", "operations", OPERATIONS),
      { ...section("Reference", "reference"), collapsed: true },
      { ...section("Decisions", "decisions"), collapsed: true },
    ],
    search: { provider: "local" },
    outline: "deep",
  },
  buildEnd: ({ pages, outDir }) => writeLlmsTxt(ROOT, pages, outDir),
});

/** Throws at build time when a listed page is missing. */
function section(text: string, folder: string, order: readonly string[] = []) {
  const present = namesIn(folder);
  const missing = order.filter((name) => !present.includes(name));
  if (missing.length > 0) throw new Error(`docs/${folder} lacks ${missing.join(", ")}`);
  const names = [...order, ...present.filter((name) => !order.includes(name))];
  return { text, items: names.map((name) => ({ text: titleOf(folder, name), link: `/${folder}/${name}` })) };
}

function namesIn(folder: string): readonly string[] {
  const path = join(ROOT, folder);
  if (!existsSync(path)) return [];
  const names = readdirSync(path).flatMap((file) => (file.endsWith(".md") ? [file.slice(0, -".md".length)] : []));
  return names.filter((name) => name !== "index").toSorted();
}

function first(folder: string): string {
  return namesIn(folder)[0] ?? "";
}

function titleOf(folder: string, name: string): string {
  const [, title] = /^# (.+)$/m.exec(readFileSync(join(ROOT, folder, `${name}.md`), "utf8")) ?? [];
  return (title ?? name).replaceAll("`", "");
}
