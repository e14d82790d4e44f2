/** The ways a name is written in code, from its kebab-case. */
export interface Names {
  /** `loyal-customers` */
  readonly kebab: string;
  /** `loyalCustomers` */
  readonly camel: string;
  /** `LoyalCustomers` */
  readonly pascal: string;
  /** `LOYAL_CUSTOMERS` */
  readonly constant: string;
  /** `Loyal customers` */
  readonly title: string;
}

export function namesOf(kebab: string): Names {
  const words = kebab.split(/[^a-z0-9]+/).filter(Boolean);
  const pascal = words.map(capital).join("");
  return {
    kebab,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    pascal,
    constant: words.join("_").toUpperCase(),
    title: capital(words.join(" ")),
  };
}

/** Templates are code that compiles; what they are called stands for the name that was asked for. */
export function replaceNames(text: string, names: Names): string {
  return text
    .replaceAll("template-name", names.kebab)
    .replaceAll("templateName", names.camel)
    .replaceAll("TemplateName", names.pascal)
    .replaceAll("TEMPLATE_NAME", names.constant)
    .replaceAll("Template name", names.title);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
