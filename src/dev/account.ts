import { lchown, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { systemUserName } from '../net/runtime.ts';
import { errorCode, unless } from '../store/system-error.ts';
import { DevError } from './error.ts';

/** The user as whom the server's processes run, and to whom its files belong. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/**
 * PostgreSQL refuses to run as root (manual, 18.1), so root lends it one of these; `_postgres` is macOS's.
 * `nobody` exists everywhere.
 */
const LENT_BY_ROOT = ['postgres', '_postgres', 'nobody'];

const ROOT = 0;

export function runsAsRoot(): boolean {
  return process.geteuid?.() === ROOT;
}

/**
 * The account for a server. Not root: ourselves. Root: the owner of `dataDir` where that exists, so that a
 * database made earlier by somebody else is found again; else `postgres`, else `nobody`.
 *
 * @throws DevError where the account has no entry in the user database: initdb insists on a name.
 */
export async function serverAccount(dataDir?: string): Promise<Account> {
  if (!runsAsRoot()) return ownAccount();
  const owner = dataDir === undefined ? undefined : (await unless(['ENOENT', 'ENOTDIR'], stat(dataDir)))?.uid;
  return chooseAccount(parsePasswd(await readFile('/etc/passwd', 'utf8')), owner);
}

/** Makes `path`, itself and not what a link there names, the account's, where we are root; else it is already. */
export async function giveTo({ uid, gid, name }: Account, path: string): Promise<void> {
  if (!runsAsRoot()) return;
  try {
    await lchown(path, uid, gid);
  } catch (error) {
    throw new DevError(
      `cannot give ${path} to user ${name}, as whom PostgreSQL runs (${errorCode(error)}): run as an ordinary user, or give a database with --upstream`,
      { cause: error },
    );
  }
}

/** Root's choice among `users`; `owner` is the user id of data that exists already. */
export function chooseAccount(users: readonly Account[], owner: number | undefined): Account {
  if (owner !== undefined && owner !== ROOT) {
    const found = users.find((user) => user.uid === owner);
    if (found !== undefined) return found;
    throw new DevError(
      `the database belongs to user ${owner}, who is not in /etc/passwd: add that user, or give --dir another folder`,
    );
  }
  for (const name of LENT_BY_ROOT) {
    const found = users.find((user) => user.name === name && user.uid !== ROOT);
    if (found !== undefined) return found;
  }
  throw new DevError(
    'PostgreSQL does not run as root, and /etc/passwd has neither postgres nor nobody: add one, or give a database with --upstream',
  );
}

/** passwd(5): `name:password:uid:gid:…`, one user a line; lines of another shape are left out. */
export function parsePasswd(text: string): Account[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (!name || !isId(uid) || !isId(gid)) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

function isId(text: string | undefined): text is string {
  return text !== undefined && /^-?\d{1,10}$/.test(text);
}

function ownAccount(): Account {
  try {
    const { uid, gid } = userInfo();
    return { uid, gid, name: systemUserName() };
  } catch (error) {
    throw new DevError(
      'PostgreSQL needs a name for the user it runs as, and yours has none: add it to /etc/passwd, or give a database with --upstream',
      { cause: error },
    );
  }
}
