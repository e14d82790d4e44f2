import { randomBytes } from "node:crypto";
import { CrmError, type Kernel } from "@crmessenger/kernel";
import { Authenticator, CreateUser, ListRoles } from "@crmessenger/kernel/iam";
import { UnitOfWork } from "@crmessenger/kernel/infrastructure";
import type { Command } from "commander";
import { loadApplication } from "../app/load-application.ts";
import { requireProvider } from "../app/require-provider.ts";
import { startParts } from "../app/start-parts.ts";
import { withKernel } from "../app/with-kernel.ts";
import { say } from "../output/write.ts";
import { type GlobalOptions, defineCommand } from "./command.ts";

interface Options extends GlobalOptions {
  readonly email: string;
  readonly name?: string;
  readonly role: readonly string[];
}

const PASSWORD_BYTES = 18;
const MAX_ROLES = 500;

export function userCommand(): Command {
  return defineCommand(
    "user",
    "People who work with the CRM.",
    "crmessenger user add --email olga@example.org --role owner",
  ).addCommand(addCommand());
}

function addCommand(): Command {
  return defineCommand(
    "add",
    "Adds a user with a password that is made up, and shown this once.",
    "crmessenger user add --email olga@example.org --name Olga --role owner",
  )
    .requiredOption("--email <address>", "what the user signs in with")
    .option("--name <name>", "default: the part of the address before the @")
    .requiredOption("--role <name...>", "what the user may do; the first user is an owner")
    .action(async (_: object, command: Command) => {
      const { app, ...user } = command.optsWithGlobals<Options>();
      const { options } = await loadApplication(app);
      for (const needed of [UnitOfWork, Authenticator]) requireProvider(options.plugins, needed);
      await withKernel(startParts(options, [UnitOfWork, Authenticator]), (kernel) =>
        kernel.run(() => add(kernel, user)),
      );
    });
}

async function add(kernel: Kernel, { email, name, role }: Omit<Options, "app">): Promise<void> {
  const roleIds = await findRoles(kernel, role);
  const password = randomBytes(PASSWORD_BYTES).toString("base64url");
  const person = { name: name ?? email.replace(/@.*$/, ""), timeZone: "UTC", locale: "en", teamIds: [] };
  const user = await kernel.bus.dispatch(CreateUser, { ...person, email, password, roleIds });
  say(`${user.name} signs in as ${user.email} with the password ${password}\nKeep it: it is shown nowhere else.`);
}

async function findRoles(kernel: Kernel, names: readonly string[]): Promise<string[]> {
  const { items } = await kernel.bus.ask(ListRoles, { limit: MAX_ROLES });
  return names.map((name) => {
    const found = items.find((role) => role.name === name);
    if (found) return found.id;
    const known = items.map((role) => role.name).join(", ");
    throw new CrmError("CRM_CLI_UNKNOWN_ROLE", `There is no role "${name}". Choose from: ${known}.`);
  });
}
