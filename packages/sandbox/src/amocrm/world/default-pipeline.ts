import type { PipelineRecord, StatusRecord } from "./records.ts";

/** Id of the status that every pipeline ends a won deal with. */
export const WON = 142;
/** Id of the status that every pipeline ends a lost deal with. */
export const LOST = 143;

/** Whether a status ends a deal. */
export function isClosing(statusId: number): boolean {
  return statusId === WON || statusId === LOST;
}

/** The two closing statuses, which have the same ids in every pipeline. */
export function closingStatuses(): StatusRecord[] {
  return [
    { id: WON, name: "Успешно реализовано", sort: 10_000, color: "#CCFF66", type: 0, isEditable: false },
    { id: LOST, name: "Закрыто и не реализовано", sort: 11_000, color: "#D5D8DB", type: 0, isEditable: false },
  ];
}

/** The column of unsorted requests, which starts every pipeline. */
export function unsortedStatus(id: number): StatusRecord {
  return { id, name: "Неразобранное", sort: 10, color: "#c1c1c1", type: 1, isEditable: false };
}

/** The pipeline a new account has. */
export function defaultPipeline(nextId: () => number): PipelineRecord {
  const open = ["Первичный контакт", "Переговоры", "Принимают решение", "Согласование договора"];
  return {
    id: nextId(),
    name: "Воронка",
    sort: 1,
    isMain: true,
    isUnsortedOn: true,
    statuses: [
      unsortedStatus(nextId()),
      ...open.map((name, index): StatusRecord => ({
        id: nextId(),
        name,
        sort: 20 + index * 10,
        color: "#99ccff",
        type: 0,
        isEditable: true,
      })),
      ...closingStatuses(),
    ],
  };
}
