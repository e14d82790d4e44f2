/** The channel type of this plugin, and the kind of the identities Telegram itself knows people by. */
export const CHANNEL_TYPE = "telegram";
