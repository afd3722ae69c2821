import { dirname } from 'node:path';
import { readLogin, writeLogin } from './credentials.ts';
import { devPaths } from './files.ts';

/** A role's password that was just set. */
export interface NewPassword {
  readonly branch: string;
  readonly role: string;
  readonly password: string;
}

/**
 * Keeps a new password where it is the one that `dev` prints at every start; elsewhere it does nothing.
 * @param configPath of a portcullis.yaml, `dev`'s or another.
 * @throws DevError where credentials.json is not as `dev` wrote it.
 */
export async function keepNewPassword(configPath: string, made: NewPassword): Promise<void> {
  const { login: path } = devPaths(dirname(configPath));
  const login = await readLogin(path);
  if (login?.branch === made.branch && login.role === made.role)
    await writeLogin(path, { ...login, password: made.password });
}
