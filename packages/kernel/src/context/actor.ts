/** Who acts: a person, a plugin on its own account, or the kernel itself. */
export interface Actor {
  readonly kind: "user" | "plugin" | "system";
  /** A user's id, a plugin's id, or `kernel`. */
  readonly id: string;
}

export const systemActor: Actor = Object.freeze({ kind: "system", id: "kernel" });
