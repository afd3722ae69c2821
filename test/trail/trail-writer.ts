import { readFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';
import { parseKeyRing } from '../../src/config/key-ring.ts';
import { TrailUnavailable } from '../../src/trail/error.ts';
import { loadSigningKey } from '../../src/trail/signing-key.ts';
import { Trail } from '../../src/trail/trail.ts';
import { login } from './a-trail.ts';

// The writer of the tests that kill it or fill its disk: `node trail-writer.ts FOLDER NAME SEGMENT_BYTES`. Commits without end, many
// at once, and says of each when it is durable; says once when the trail fails, and when it is well again.
const [, , folder = '', name = '', segmentBytes = ''] = argv;
const ring = parseKeyRing(readFileSync(`${folder}/ring`, 'utf8'));
if ('problem' in ring) throw new Error(ring.problem);

const dir = `${folder}/audit`;
const say = (line: string): void => {
  stdout.write(`${line}\n`);
};
const trail = await Trail.open({
  dir,
  signingKey: await loadSigningKey(`${folder}/audit.key`, dir),
  keys: ring.ring,
  segmentBytes: Number(segmentBytes),
  onState: (state) => say(state.healthy ? 'healthy' : `unhealthy ${state.reason}`),
});

async function commitOn(lane: number): Promise<void> {
  for (let n = 0; ; n += 1) {
    const role = `${name}-${lane}-${n}`;
    trail.record(login(`r-${role}`));
    try {
      await trail.commit([login(role)]);
      say(`+${role}`);
    } catch (error) {
      if (!(error instanceof TrailUnavailable)) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
  }
}

say('ready');
await Promise.all(Array.from({ length: 8 }, (_, lane) => commitOn(lane)));
