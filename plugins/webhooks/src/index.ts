export { webhooks } from "./plugin.ts";
export { WebhookDisabled, WebhookFailing } from "./events.ts";
export {
  CreateSubscription,
  DeleteSubscription,
  DisableSubscription,
  EnableSubscription,
  GetFigures,
  GetSubscription,
  ListDeliveries,
  ListSubscriptions,
  ReplayEvents,
  ResendDelivery,
  RotateSecret,
  SendTestEvent,
  UpdateSubscription,
} from "./operations.ts";
