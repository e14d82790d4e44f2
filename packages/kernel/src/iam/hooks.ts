import { guardPoint } from "../hooks/hook-point.ts";
import type { AccessRequest } from "./permission-manager.ts";

export const IamHooks = Object.freeze({
  /**
   * Access voters. Asked for every check of a permission; a deny wins, and at least one allow is needed, which the
   * roles give where nobody else does. A throw counts as a deny.
   */
  accessVoter: guardPoint<AccessRequest>("iam.access-voter"),
});
