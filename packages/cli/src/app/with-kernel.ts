import type { Kernel } from "@crmessenger/kernel";

/** Runs work on a kernel and stops it, whatever comes of the work. */
export async function withKernel<T>(starting: Promise<Kernel>, work: (kernel: Kernel) => Promise<T>): Promise<T> {
  await using kernel = await starting;
  return await work(kernel);
}
