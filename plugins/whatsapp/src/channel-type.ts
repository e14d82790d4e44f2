/** The channel type of this plugin, and the kind of the identities WhatsApp itself knows people by. */
export const CHANNEL_TYPE = "whatsapp";
