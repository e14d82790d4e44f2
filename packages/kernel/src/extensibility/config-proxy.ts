import { CrmError } from "../errors/crm-error.ts";

/** The environment variables a plugin declares, by name. */
export type ConfigDeclaration = Readonly<
  Record<string, { readonly secret: boolean; readonly description?: string; readonly required?: boolean }>
>;

/** A plugin's view of the environment: what it declared, and nothing else. A local contract. */
export interface ConfigProxy {
  /** The value, or undefined when it is not set. An undeclared name is `CRM_CONFIG_UNDECLARED`. */
  get(name: string): string | undefined;
  /** The value; `CRM_CONFIG_MISSING` says which variable to set. */
  require(name: string): string;
  /** The declared names. */
  names(): readonly string[];
}

/** A proxy over `environment` that copies the declared values and forgets the rest. */
export function createConfigProxy(
  plugin: string,
  declaration: ConfigDeclaration,
  environment: Readonly<Record<string, string | undefined>>,
): ConfigProxy {
  const values = new Map(Object.keys(declaration).map((name) => [name, environment[name]]));
  const get = (name: string) => {
    if (values.has(name)) return values.get(name);
    throw new CrmError(
      "CRM_CONFIG_UNDECLARED",
      `Plugin "${plugin}" reads ${name} without declaring it: add it to the plugin's \`config\`.`,
      { details: { plugin, name } },
    );
  };
  return {
    get,
    names: () => [...values.keys()],
    require(name) {
      const value = get(name);
      if (value !== undefined && value !== "") return value;
      throw new CrmError("CRM_CONFIG_MISSING", `Plugin "${plugin}" needs the environment variable ${name}.`, {
        details: { plugin, name },
      });
    },
  };
}
