import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, open, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { keyId } from '../audit/checkpoint.ts';
import { readText } from '../store/read-text.ts';
import { errorCode, unless } from '../store/system-error.ts';
import { writeFileAtomic } from '../store/write-file.ts';
import { TrailError } from './error.ts';
import { nodeFiles } from './node-files.ts';
import { listTraces } from './segment-names.ts';
import type { SigningKey } from './trail-options.ts';

/** A key's PEM has some 120 bytes. */
const MAX_KEY_BYTES = 16_384;
const PRIVATE = 0o600;
const PUBLIC = 0o644;

/**
 * The key that checkpoints are signed with: Ed25519 as PKCS #8 in PEM form (RFC 8410), mode 0600, outside the trail's
 * directory. Made at the first start, with its public half beside it.
 *
 * @throws TrailError where it is inside, readable for others, another kind of key, or missing though a trail is there
 */
export async function loadSigningKey(file: string, dir: string): Promise<SigningKey> {
  await demandOutside(file, dir);
  if (!existsSync(file)) await makeKey(file, dir);
  const read = readText(file, { maxBytes: MAX_KEY_BYTES, secret: true });
  if ('problem' in read) throw new TrailError(`${file}: ${read.problem}`);
  const privateKey = parsed(file, () => createPrivateKey(read.text));
  const publicKey = createPublicKey(privateKey);
  await showPublicHalf(file, publicKey);
  return { privateKey, publicKey, id: keyId(publicKey) };
}

/**
 * What a trail is verified with: the public half beside the signing key, or that of the signing key itself.
 * @param file of the signing key; or the public half, wherever it is
 * @throws TrailError
 */
export function loadPublicKey(file: string): KeyObject {
  const beside = publicPath(file);
  const path = existsSync(beside) ? beside : file;
  const read = readText(path, { maxBytes: MAX_KEY_BYTES });
  if ('problem' in read) throw new TrailError(`${path}: ${read.problem}`);
  return parsed(path, () => createPublicKey(read.text));
}

/** `audit.pub` for `audit.key`. */
export function publicPath(file: string): string {
  return file.endsWith('.pub') ? file : `${file.replace(/\.key$/, '')}.pub`;
}

function parsed(path: string, parse: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = parse();
  } catch {
    throw new TrailError(`${path}: not a key in PEM form without a passphrase`); // OpenSSL's words add nothing.
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new TrailError(`${path}: not an Ed25519 key: openssl genpkey -algorithm ed25519 makes one`);
}

/** Whoever may write the trail could otherwise sign it too. */
async function demandOutside(file: string, dir: string): Promise<void> {
  const folder = await realFolder(dir);
  for (const path of [join(await realFolder(dirname(file)), basename(file)), await realFolder(file)]) {
    const from = relative(folder, path);
    if (from !== '..' && !from.startsWith(`..${sep}`)) {
      throw new TrailError(`${file}: the signing key lies in the audit directory ${dir}: keep it elsewhere`);
    }
  }
}

async function realFolder(path: string): Promise<string> {
  return (await unless(['ENOENT', 'ENOTDIR'], realpath(path))) ?? resolve(path);
}

/** A trail that was signed goes on with its key, or not at all: with two, nobody could verify all of it. */
async function makeKey(file: string, dir: string): Promise<void> {
  if ((await listTraces(nodeFiles, dir)).length > 0) {
    throw new TrailError(
      `${file}: the key is missing that signed the trail in ${dir}: put it back, or move the trail away, and a new one begins`,
    );
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await nodeFiles.makeDir(dirname(file));
    const handle = await open(draft, 'wx', PRIVATE);
    try {
      await handle.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      await handle.sync();
    } finally {
      await handle.close();
    }
    // link(2) never replaces: of two processes that start together, both go on with the key of one.
    await link(draft, file).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    await nodeFiles.syncDir(dirname(file));
  } catch (error) {
    throw new TrailError(
      `${file}: the key cannot be made (${errorCode(error) ?? 'unknown'}): let this user write there`,
      {
        cause: error,
      },
    );
  } finally {
    // EFAULT is Bun's word for the same.
    await unless(['ENOTDIR', 'EFAULT'], rm(draft, { force: true }));
  }
}

/** A folder of secrets may be read-only; then whoever put the key there keeps the other half too. */
async function showPublicHalf(file: string, publicKey: KeyObject): Promise<void> {
  const path = publicPath(file);
  if (existsSync(path)) return;
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await unless(['EACCES', 'EPERM', 'EROFS'], writeFileAtomic(path, pem, PUBLIC));
}
