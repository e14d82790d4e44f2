import type { KernelOptions } from "@crmessenger/kernel";

/** What an application is: the options of its kernel, or a function that answers them when the application starts. */
export type Application = KernelOptions | (() => KernelOptions | Promise<KernelOptions>);

/**
 * Declares the application of a folder, as the default export of its `crmessenger.config.ts` (or `.js`, `.mjs`):
 * `export default defineApp({ plugins: [memory(), sales()] })`. A function is called with every start, after `.env`
 * has been read. It answers its argument: what it does is check types.
 */
export function defineApp<const A extends Application>(application: A): A {
  return application;
}
