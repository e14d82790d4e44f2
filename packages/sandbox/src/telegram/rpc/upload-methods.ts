import { Api } from "telegram";
import type { StoredFile } from "../world/stored-file.ts";
import type { DataCentreState } from "./data-centre-state.ts";
import type { MethodTable, RpcCall } from "./method-table.ts";
import { RpcFailure } from "./rpc-failure.ts";
import { FILE_REFERENCE, PHOTO_SIZE } from "./tl-renderer.ts";
import { fromLong } from "./tl-longs.ts";

const GRAIN = 4096;
const PRECISE_GRAIN = 1024;
const MEGABYTE = 1024 * 1024;

/** upload.*: file parts in, file ranges out (https://core.telegram.org/api/files). */
export function addUploadMethods(table: MethodTable, state: DataCentreState): void {
  const rules = { faulty: true, withoutUpdates: true };
  table.add(Api.upload.SaveFilePart, rules, ({ fileId, filePart, bytes }, { authKey }) => {
    state.uploads.save(authKey.id, fromLong(fileId), filePart, bytes);
    return true;
  });
  table.add(Api.upload.SaveBigFilePart, rules, ({ fileId, filePart, fileTotalParts, bytes }, { authKey }) => {
    if (filePart >= fileTotalParts) throw new RpcFailure(400, "FILE_PARTS_INVALID");
    state.uploads.save(authKey.id, fromLong(fileId), filePart, bytes);
    return true;
  });
  table.add(Api.upload.GetFile, rules, (request, call) => {
    const { limit } = request;
    const offset = request.offset.toJSNumber();
    checkRange(offset, limit, request.precise === true);
    const file = locate(state, call, request.location);
    return new Api.upload.File({
      type: fileType(file),
      mtime: Math.floor(file.createdAt / 1000),
      bytes: file.bytes.subarray(offset, offset + limit),
    });
  });
}

/** The rules for ranges: https://core.telegram.org/api/files#downloading-files. */
function checkRange(offset: number, limit: number, precise: boolean): void {
  const grain = precise ? PRECISE_GRAIN : GRAIN;
  if (offset < 0 || offset % grain !== 0) throw new RpcFailure(400, "OFFSET_INVALID");
  if (limit <= 0 || limit > MEGABYTE || limit % grain !== 0) throw new RpcFailure(400, "LIMIT_INVALID");
  if (!precise && MEGABYTE % limit !== 0) throw new RpcFailure(400, "LIMIT_INVALID");
  if (Math.floor(offset / MEGABYTE) !== Math.floor((offset + limit - 1) / MEGABYTE))
    throw new RpcFailure(400, "LIMIT_INVALID");
}

function locate(state: DataCentreState, { me, authKey }: RpcCall, location: Api.TypeInputFileLocation): StoredFile {
  const isPhoto = location instanceof Api.InputPhotoFileLocation;
  if (!isPhoto && !(location instanceof Api.InputDocumentFileLocation)) throw new RpcFailure(400, "LOCATION_INVALID");
  const id = fromLong(location.id);
  const file = state.files.find(id);
  if (file === undefined || isPhoto !== (file.kind === "photo")) throw new RpcFailure(400, "FILE_ID_INVALID");
  if (fromLong(location.accessHash) !== state.hashes.ofFile(me.id, id)) throw new RpcFailure(400, "FILE_ID_INVALID");
  if (!FILE_REFERENCE.equals(location.fileReference)) throw new RpcFailure(400, "FILE_REFERENCE_INVALID");
  if (file.dcId !== authKey.dcId) throw new RpcFailure(303, `FILE_MIGRATE_${file.dcId}`);
  if (location.thumbSize !== (isPhoto ? PHOTO_SIZE : "")) throw new RpcFailure(400, "LOCATION_INVALID");
  return file;
}

function fileType(file: StoredFile): Api.storage.TypeFileType {
  switch (file.mimeType) {
    case "image/jpeg":
      return new Api.storage.FileJpeg();
    case "image/png":
      return new Api.storage.FilePng();
    case "image/gif":
      return new Api.storage.FileGif();
    case "image/webp":
      return new Api.storage.FileWebp();
    case "application/pdf":
      return new Api.storage.FilePdf();
    case "video/mp4":
      return new Api.storage.FileMp4();
    default:
      return new Api.storage.FileUnknown();
  }
}
