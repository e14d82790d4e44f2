/** What can go wrong on purpose. Rates are probabilities from 0 to 1; all are off until they are set. */
export interface TelegramFaults {
  /** Every connection is cut about this often (between half and one and a half times). Clients wait a second before they return. */
  readonly disconnectEveryMs?: number;
  /** Probability that a message being sent is answered with FLOOD_WAIT. The account may send nothing until the time is over. */
  readonly floodWaitRate?: number;
  /** How long a flood wait lasts; 3 when not set. */
  readonly floodWaitSeconds?: number;
  /** Probability that a pushed update arrives twice. */
  readonly duplicateUpdateRate?: number;
  /** Probability that a pushed update gets lost although the client is connected: only the jump in pts tells. */
  readonly dropUpdateRate?: number;
  /** Read receipts of customers arrive up to this much later. */
  readonly lateReceiptMs?: number;
  /** Late read receipts may overtake each other. Without `lateReceiptMs` they are then up to 200 ms late. */
  readonly reorderReceipts?: boolean;
  /** Probability that a request (messages, uploads, differences) fails with an error 500 and has no effect. */
  readonly rpcErrorRate?: number;
  /** Probability that such a request takes effect and the connection is cut before the answer. */
  readonly lostAnswerRate?: number;
}

/** Switches faults on and off while the sandbox runs. */
export interface FaultSwitches {
  readonly current: TelegramFaults;
  /** Changes the faults that are named and leaves the others as they are. Throws RangeError for an impossible value. */
  set(faults: TelegramFaults): void;
  /** All faults off. A flood wait that is under way is lifted too. */
  clear(): void;
}
