export { type AccessSubject } from "./access-subject.ts";
export { type ApiKey, Authenticator, type SignIn } from "./authenticator.ts";
export { IamHooks } from "./hooks.ts";
export {
  CreateApiKey,
  CreateTeam,
  CreateUser,
  GetMe,
  ListRoles,
  ListUsers,
  RevokeApiKey,
  SaveRole,
  UpdateUser,
  grantSchema,
  roleSchema,
  teamSchema,
  userSchema,
} from "./operations.ts";
export { type AccessDecision, type AccessRequest, PermissionManager } from "./permission-manager.ts";
export { type AccessScope, type Grant, type Role, RoleRepository } from "./role.ts";
export { type Team, TeamRepository } from "./team.ts";
export { type User, UserRepository } from "./user.ts";
export { type AccessVoter } from "./access-voter.ts";
