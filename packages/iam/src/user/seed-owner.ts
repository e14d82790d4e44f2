import { type Kernel, defineCommand } from "@crmessenger/kernel";
import { z } from "zod";

/** Makes sure that the tenant has an owner. Called through `seedOwner`. */
export const SeedOwner = defineCommand({
  name: "iam.owner.seed",
  description: "Creates the first owner of a new installation.",
  input: z.object({
    email: z
      .email()
      .max(320)
      .transform((email) => email.toLowerCase()),
    name: z.string().min(1).max(200),
  }),
  output: z.object({ userId: z.string(), password: z.string().exactOptional() }),
  permission: "iam.owner.seed",
  http: null,
});

export interface SeededOwner {
  readonly userId: string;
  /** Made up, and known only now: present when this call created the owner. */
  readonly password: string | undefined;
}

/**
 * Makes sure that there is an owner, as the caller's tenant and actor: the system outside of any operation. Where no
 * active user has the role `owner` it creates one with a password that it makes up; otherwise it answers the owner
 * there is, whatever address is named, so an application calls it with every start. `CRM_IAM_EMAIL_TAKEN` when the
 * address belongs to a user who is no owner.
 */
export async function seedOwner(
  kernel: Pick<Kernel, "bus">,
  owner: { readonly email: string; readonly name: string },
): Promise<SeededOwner> {
  const { userId, password } = await kernel.bus.dispatch(SeedOwner, owner);
  return { userId, password };
}
