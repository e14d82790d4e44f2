import { Api } from "telegram";
import { inspectImage } from "../world/inspect-image.ts";
import type { StoredFile } from "../world/stored-file.ts";
import type { DataCentreState } from "./data-centre-state.ts";
import type { RpcCall } from "./method-table.ts";
import { RpcFailure } from "./rpc-failure.ts";
import { fromLong } from "./tl-longs.ts";

const MAX_PHOTO_BYTES = 10 * 1024 * 1024;
const MAX_PHOTO_PIXELS = 10_000;
const MAX_PHOTO_RATIO = 20;

/** Turns the media of a message being sent into a stored file: parts just uploaded, or a file sent before. */
export function receiveMedia(state: DataCentreState, call: RpcCall, media: Api.TypeInputMedia): StoredFile {
  if (media instanceof Api.InputMediaUploadedPhoto) return receivePhoto(state, call, media.file);
  if (media instanceof Api.InputMediaUploadedDocument) return receiveDocument(state, call, media);
  if (media instanceof Api.InputMediaPhoto && media.id instanceof Api.InputPhoto)
    return sentBefore(state, call, media.id, "PHOTO_INVALID");
  if (media instanceof Api.InputMediaDocument && media.id instanceof Api.InputDocument)
    return sentBefore(state, call, media.id, "DOCUMENT_INVALID");
  throw new RpcFailure(400, "MEDIA_INVALID");
}

function receivePhoto(state: DataCentreState, call: RpcCall, file: Api.TypeInputFile): StoredFile {
  const bytes = assembled(state, call, file);
  const image = inspectImage(bytes);
  if (image === undefined || bytes.length > MAX_PHOTO_BYTES) throw new RpcFailure(400, "IMAGE_PROCESS_FAILED");
  const { width, height, mimeType } = image;
  const ratio = Math.max(width, height) / Math.max(1, Math.min(width, height));
  if (width + height > MAX_PHOTO_PIXELS || ratio > MAX_PHOTO_RATIO)
    throw new RpcFailure(400, "PHOTO_INVALID_DIMENSIONS");
  const stored = state.files.add({
    kind: "photo",
    bytes,
    mimeType,
    fileName: undefined,
    width,
    height,
    duration: 0,
    dcId: call.me.homeDc,
  });
  discardParts(state, call, file);
  return stored;
}

function receiveDocument(state: DataCentreState, call: RpcCall, media: Api.InputMediaUploadedDocument): StoredFile {
  const bytes = assembled(state, call, media.file);
  const video = media.attributes.find((attribute) => attribute instanceof Api.DocumentAttributeVideo);
  const audio = media.attributes.find((attribute) => attribute instanceof Api.DocumentAttributeAudio);
  const name = media.attributes.find((attribute) => attribute instanceof Api.DocumentAttributeFilename);
  const stored = state.files.add({
    kind: audio?.voice === true ? "voice" : video !== undefined ? "video" : "document",
    bytes,
    mimeType: media.mimeType,
    fileName: name?.fileName ?? fileName(media.file),
    width: video?.w ?? 0,
    height: video?.h ?? 0,
    duration: video?.duration ?? audio?.duration ?? 0,
    dcId: call.me.homeDc,
  });
  discardParts(state, call, media.file);
  return stored;
}

function sentBefore(
  state: DataCentreState,
  { me }: RpcCall,
  reference: Api.InputPhoto | Api.InputDocument,
  otherwise: string,
): StoredFile {
  const id = fromLong(reference.id);
  const file = state.files.find(id);
  if (file === undefined || fromLong(reference.accessHash) !== state.hashes.ofFile(me.id, id))
    throw new RpcFailure(400, otherwise);
  return file;
}

function assembled(state: DataCentreState, { authKey }: RpcCall, file: Api.TypeInputFile): Buffer {
  const { id, parts } = uploaded(file);
  return state.uploads.assemble(authKey.id, fromLong(id), parts);
}

function discardParts(state: DataCentreState, { authKey }: RpcCall, file: Api.TypeInputFile): void {
  state.uploads.discard(authKey.id, fromLong(uploaded(file).id));
}

function fileName(file: Api.TypeInputFile): string | undefined {
  const { name } = uploaded(file);
  return name === "" ? undefined : name;
}

function uploaded(file: Api.TypeInputFile): Api.InputFile | Api.InputFileBig {
  if (file instanceof Api.InputFile || file instanceof Api.InputFileBig) return file;
  throw new RpcFailure(400, "MEDIA_INVALID");
}
