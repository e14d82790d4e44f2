/** The pages that run-guides.mjs follows, block by block. */
export const GUIDES = ["docs/getting-started.md", "docs/plugin-authors/first-plugin.md"];
