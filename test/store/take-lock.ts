import { argv, stdin, stdout } from 'node:process';
import { takeLock } from '../../src/store/lock.ts';

// A contender of lock.test.ts: says whether it got the lock, and holds it until its input ends.
const outcome = await takeLock(`${argv[2]}`).catch((error: unknown) => error);
stdout.write(outcome instanceof Error ? `${outcome.message}\n` : 'held\n');
stdin.resume();
