import process, { argv, stdout } from 'node:process';
import { openDevDatabase } from '../../src/dev/database.ts';
import { parseVerifier } from '../../src/scram/verifier.ts';

// A gateway of database.test.ts: opens dev's database in argv[2] and says the server's pid, until it is killed (SIGKILL) or exits without a word (SIGTERM).
const [dir = '', far = '', text = ''] = argv.slice(2);
const verifier = parseVerifier(text);
if (verifier === undefined) throw new Error('no verifier');
const silent = (): void => undefined;
const credentials = { role: 'ann', database: 'shop', verifier };
const cluster = await openDevDatabase({ ...credentials, dir, farFolders: [far], log: silent, note: silent });
stdout.write(`${cluster.pid}\n`);
process.on('SIGTERM', () => process.exit());
