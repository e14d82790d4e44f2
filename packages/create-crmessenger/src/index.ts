export { createApp } from "./app/create-app.ts";
export { type AppChoices, CHANNELS, type Choice, DATABASES, FEATURES } from "./app/app-choices.ts";
export { PLUGIN_KINDS, type PluginKind, createPlugin } from "./plugin/create-plugin.ts";
export { pluginNameProblem } from "./target/check-name.ts";
export { ScaffoldError } from "./scaffold-error.ts";
