import { gunzipSync } from 'node:zlib';
import { SourceError } from './source.ts';

const maxPayloadBytes = 256 * 1024 * 1024;

/**
 * The text of a payload: gzip undone (RFC 1952, known by its magic), UTF-8 without byte order mark, invalid
 * bytes as U+FFFD. Throws SourceError when it is empty, over 256 MB or broken gzip.
 */
export function readPayload(payload: Buffer | string, fileName: string): string {
  if (payload.length > maxPayloadBytes) throw tooLarge(fileName);
  const text = typeof payload === 'string' ? payload : new TextDecoder().decode(unzip(payload, fileName));
  const bare = text.replace(/^\uFEFF/, '');
  if (bare.trim() === '')
    throw new SourceError(`${fileName} is empty. Save the source's answer again and give that file.`);
  return bare;
}

function unzip(payload: Buffer, fileName: string): Buffer {
  if (payload[0] !== 0x1f || payload[1] !== 0x8b) return payload;
  try {
    return gunzipSync(payload, { maxOutputLength: maxPayloadBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(fileName, cause);
    throw new SourceError(
      `${fileName} is gzip but cannot be unpacked (${(cause as Error).message}). It may be cut off; fetch it again.`,
      { cause },
    );
  }
}

function tooLarge(fileName: string, cause?: unknown): SourceError {
  return new SourceError(`${fileName} holds more than 256 MB. Split it into smaller files.`, { cause });
}
