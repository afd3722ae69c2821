/**
 * Decodes base64 as RFC 5802 writes it: padded, without white space, and the one way to write these bytes.
 * `undefined` for anything else; node:crypto's own decoder would skip what it does not know.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
