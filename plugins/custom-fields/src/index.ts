export {
  ArchiveField,
  AttachField,
  ChangeFieldType,
  GetFieldSchema,
  GetForm,
  ListFieldEntities,
  ListFieldIndexes,
  ListFields,
  RestoreField,
  UpdateField,
} from "./operations.ts";
export { type FormDescription } from "./forms/form-description.ts";
export { customFields } from "./plugin.ts";
