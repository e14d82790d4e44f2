export { type ConfigDeclaration, type ConfigProxy, createConfigProxy } from "./config-proxy.ts";
export {
  type AttributeHolder,
  type AttributeHolderKind,
  AttributeHolders,
  type HolderOperation,
  type HolderSubject,
} from "./attribute-holder.ts";
export {
  type AttributeChange,
  CustomFieldManager,
  type FieldFormula,
  FieldFormulas,
  type FieldValue,
  type TypeChange,
} from "./custom-field-manager.ts";
export { CustomFieldChanged } from "./custom-field-changed.ts";
export {
  type DeclaredField,
  DeclaredFields,
  type FieldDeclaration,
  type FieldDeclarations,
  type FieldValueOf,
} from "./declared-fields.ts";
export { DeliveryRetryStrategies, type DeliveryRetryStrategy } from "./delivery-retry-strategy.ts";
export { type DeliveryAnswer, type DeliveryRequest, type DeliveryTarget, DeliveryTargets } from "./delivery-target.ts";
export {
  type AttachedField,
  type FieldDefinition,
  type FieldKind,
  type FieldOption,
  type FieldType,
  attachedFieldSchema,
  fieldDefaults,
  fieldDefinitionSchema,
  fieldTypeSchema,
} from "./field-definition.ts";
export { type PayloadGenerator, PayloadGenerators, type WebhookPayload } from "./payload-generator.ts";
export {
  type WebhookAttempt,
  type WebhookDelivery,
  webhookAttemptSchema,
  webhookDeliverySchema,
} from "./webhook-delivery.ts";
export { type ReplayRange, WebhookDispatcher } from "./webhook-dispatcher.ts";
export {
  type WebhookSubscription,
  type WebhookTopic,
  webhookSettings,
  webhookSubscriptionSchema,
  webhookTopicSchema,
} from "./webhook-subscription.ts";
