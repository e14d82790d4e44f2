import { basename, relative, resolve } from "node:path";
import { Argument, Command, Option } from "commander";
import { CHANNELS, type Choice, DATABASES, DEFAULTS, FEATURES, parseList, parseOne } from "./app/app-choices.ts";
import { type AskedChoices, type GivenChoices, askChoices } from "./app/ask-choices.ts";
import { createApp } from "./app/create-app.ts";
import { packageNameProblem, refuseName } from "./target/check-name.ts";
import {
  PACKAGE_MANAGERS,
  type PackageManager,
  callingPackageManager,
  install,
  runBinary,
  runScript,
} from "./target/package-manager.ts";
import { refuseUsedFolder } from "./target/refuse-used-folder.ts";

interface Options {
  readonly yes?: true;
  readonly channels?: string;
  readonly database?: string;
  readonly features?: string;
  readonly directory?: string;
  readonly install: boolean;
  readonly packageManager: PackageManager;
}

/** `npm create crmessenger`. */
export function createProgram(): Command {
  return new Command("create-crmessenger")
    .description("Makes a CRMessenger application.")
    .addArgument(new Argument("[directory]", "where it goes; its last part is the application's name"))
    .option("-y, --yes", "ask nothing: what is not given is chosen")
    .option("--channels <list>", `${valuesOf(CHANNELS)}; "none" for none`)
    .option("--database <kind>", valuesOf(DATABASES))
    .option("--features <list>", `${valuesOf(FEATURES)}; "none" for none`)
    .option("--directory <path>", "the same as the argument")
    .option("--no-install", "do not install the dependencies")
    .addOption(
      new Option("--package-manager <name>", "what installs the dependencies")
        .choices(PACKAGE_MANAGERS)
        .default(callingPackageManager(process.env["npm_config_user_agent"]), "the one that runs this"),
    )
    .addHelpText("after", "\nExample:\n  npm create crmessenger@latest my-crm -- --yes --channels telegram,http")
    .action(run);
}

function valuesOf(choices: readonly Choice[]): string {
  return choices.map(({ value }) => value).join(", ");
}

async function run(argument: string | undefined, options: Options): Promise<void> {
  const given: GivenChoices = {
    directory: argument ?? options.directory,
    channels: options.channels === undefined ? undefined : parseList("channel", CHANNELS, options.channels),
    database: options.database === undefined ? undefined : parseOne("database", DATABASES, options.database),
    features: options.features === undefined ? undefined : parseList("feature", FEATURES, options.features),
  };
  if (given.directory !== undefined) await checkDirectory(given.directory);
  const asks = options.yes !== true && process.stdin.isTTY === true;
  const choices = asks ? await askChoices(given) : withDefaults(given);
  const folder = resolve(choices.directory);
  const { directory: _, ...rest } = choices;
  await createApp(folder, { name: nameOf(folder, choices.directory), ...rest });
  if (options.install) await install(options.packageManager, folder);
  process.stdout.write(nextSteps(folder, options));
}

/** Before anything is asked: a question whose answer is of no use is an annoyance. */
async function checkDirectory(directory: string): Promise<void> {
  const folder = resolve(directory);
  refuseName(packageNameProblem(nameOf(folder, directory)));
  await refuseUsedFolder(folder);
}

/** `@shop/crm` is a name with a scope, not a folder in a folder. */
function nameOf(folder: string, directory: string): string {
  return /^@[^/\\]+\/[^/\\]+$/.test(directory) ? directory : basename(folder);
}

function withDefaults({ directory = "my-crm", ...given }: GivenChoices): AskedChoices {
  return {
    directory,
    channels: given.channels ?? DEFAULTS.channels,
    database: given.database ?? DEFAULTS.database,
    features: given.features ?? DEFAULTS.features,
  };
}

function nextSteps(folder: string, { packageManager, install: installed }: Options): string {
  const here = relative(process.cwd(), folder);
  const steps = [
    ...(here === "" ? [] : [`cd ${here}`]),
    ...(installed ? [] : [`${packageManager} install`]),
    `${runBinary(packageManager, "crmessenger")} user add --email you@example.org --role owner`,
    runScript(packageManager, "start"),
  ];
  return `\n${basename(folder)} is ready. Next:\n\n${steps.map((step) => `  ${step}\n`).join("")}\nREADME.md says how to go on.\n`;
}
