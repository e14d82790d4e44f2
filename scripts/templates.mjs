/**
 * What `npm create crmessenger` and `crmessenger new` make is taken from the examples: which files, and what is called
 * otherwise there. A name that is not given for a file is its own. Replacements are made in this order, in texts and in
 * names of files; each must find something, so that none is left behind when an example changes.
 *
 * What an example has no place for (settings of a package outside this repository, a playground) is written by hand in
 * packages/create-crmessenger/templates/own.
 */
export const TEMPLATES = {
  app: {
    example: "examples/starter-app",
    files: {
      ".env.example": undefined,
      ".gitignore": "_gitignore", // npm leaves the former out of packages
      "README.md": undefined,
      "crmessenger.config.ts": undefined,
      "src/": undefined,
      "test/": undefined,
      "tsconfig.json": undefined,
    },
    replace: [[/Starter app/g, "Template name"]],
  },

  /** A plugin in a package of its own is what a plugin of an application is. */
  plugin: {
    example: "examples/starter-app",
    files: { "src/front-desk.ts": "src/plugin.ts", "test/front-desk.test.ts": "test/plugin.test.ts" },
    replace: [
      [/src\/front-desk\.ts/g, "src/plugin.ts"],
      [/front-desk/g, "template-name"],
      [/frontDesk/g, "templateName"],
    ],
  },

  channel: {
    example: "examples/custom-channel",
    files: { "src/": undefined, "test/": undefined },
    without: ["src/version.ts"],
    replace: [
      [/import \{ version \} from "\.\/version\.ts";\n/g, ""],
      [/^( *)version,$/gm, '$1version: "0.1.0",'],
      [/PIGEON/g, "TEMPLATE_NAME"],
      [/Pigeon(?=[A-Z])|(?<=[a-z])Pigeon/g, "TemplateName"], // PigeonChannel, startPigeon
      [/Pigeon/g, "Template name"],
      [/(?<=\{ |const )pigeon(?= )|\bpigeon(?=\()/g, "templateName"], // what the package exports
      [/pigeon/g, "template-name"],
    ],
  },

  projection: {
    example: "examples/custom-projection",
    files: { "src/": undefined, "test/": undefined },
    replace: [
      [/lead-steps/g, "template-name"],
      [/leadSteps/g, "templateName"],
    ],
  },
};
