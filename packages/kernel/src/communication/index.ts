export { type Activity, Timeline } from "./activity.ts";
export {
  type Channel,
  type ChannelCapabilities,
  type ChannelHost,
  type ChannelProvider,
  ChannelRegistry,
  type ChannelState,
  type DeliveryUpdate,
  type OutboundMessage,
  type SendResult,
} from "./channel.ts";
export { type ChannelAccount, ChannelAccountRepository } from "./channel-account.ts";
export { type Conversation, ConversationRepository } from "./conversation.ts";
export { type DeliveryStatus, advanceDelivery } from "./delivery-status.ts";
export {
  ChannelStateChanged,
  ConversationOpened,
  MessageQueued,
  MessageReceived,
  MessageStatusChanged,
} from "./events.ts";
export { CommunicationHooks, type OutboundDraft } from "./hooks.ts";
export { type InboundMessage, type InboundReceipt } from "./inbound-message.ts";
export { Intake } from "./intake.ts";
export { lazyChannelProvider } from "./lazy-channel-provider.ts";
export { type LoginField, type LoginFlow, type LoginStep } from "./login-flow.ts";
export { type Direction, type Message, type MessageOrigin, MessageRepository, type Participant } from "./message.ts";
export { type MediaKind, type MessagePart } from "./message-part.ts";
export {
  AwaitLoginStep,
  BeginLogin,
  CancelLogin,
  CreateChannelAccount,
  GetChannelAccount,
  GetConversation,
  GetMessage,
  GetTimeline,
  ListChannelAccounts,
  ListConversations,
  ListMessages,
  Logout,
  ReceiveMessage,
  ReportDelivery,
  SendMessage,
  SubmitLogin,
  UpdateChannelAccount,
} from "./operations.ts";
export { type SanitisedText, sanitiseText } from "./sanitise-text.ts";
export {
  MAX_TEXT_LENGTH,
  activitySchema,
  channelAccountSchema,
  channelStateSchema,
  conversationSchema,
  deliveryUpdateSchema,
  inboundMessageSchema,
  inboundReceiptSchema,
  loginStepSchema,
  messagePartSchema,
  messageSchema,
  participantSchema,
  storedFileSchema,
} from "./schemas.ts";
export { previewOf } from "./preview-of.ts";
export { type ActivityHolder } from "./activity-holder.ts";
export { type Interaction, interactionOf } from "./interaction.ts";
export { type Notification, type NotificationRecipient, type NotificationResult, Notifier } from "./notifier.ts";
export { type CallRequest, type CallResult, type VoiceChannel } from "./voice-channel.ts";
